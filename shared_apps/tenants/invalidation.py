"""Tell every process that the registry changed; those that cannot hear it notice within the caches' lifetime."""

import os
import threading
import time
from collections.abc import Callable
from functools import cache

import structlog
from django.conf import settings
from redis import Redis
from redis.exceptions import RedisError

CHANNEL = "livery:registry"
_RETRY_SECONDS = 1.0
_log = structlog.get_logger("livery.tenants")
_listening: set[int] = set()
_guard = threading.Lock()


def announce() -> None:
    """Say that tenants, domains or steps changed; call it after the commit.

    Without Redis it is logged and left to the caches' lifetime, which is within the promised five seconds.
    """
    try:
        _client(settings.REDIS_URL).publish(CHANNEL, "changed")
    except RedisError as error:
        _log.warning("registry_change_not_announced", reason=str(error))


@cache
def _client(url: str) -> Redis:
    return Redis.from_url(url, socket_timeout=1, socket_connect_timeout=1)


def listen(forget: Callable[[], None]) -> None:
    """Start this process's listener once, also after a fork; `forget` is called at each announcement."""
    with _guard:
        if os.getpid() in _listening:
            return
        _listening.add(os.getpid())
    threading.Thread(target=_listen_forever, args=(forget,), name="registry-listener", daemon=True).start()


def _listen_forever(forget: Callable[[], None]) -> None:
    while True:
        try:
            with Redis.from_url(settings.REDIS_URL, socket_timeout=None, socket_connect_timeout=1) as client:
                subscription = client.pubsub(ignore_subscribe_messages=True)
                subscription.subscribe(CHANNEL)
                # What was announced while nobody listened is not repeated.
                forget()
                for _message in subscription.listen():
                    forget()
        except RedisError as error:
            _log.info("registry_listener_waits", reason=str(error))
            time.sleep(_RETRY_SECONDS)
