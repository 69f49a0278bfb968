"""Tell every process that the registry changed; those that cannot hear it notice within the caches' lifetime."""

import os
import threading
from collections.abc import Callable
from functools import cache

import structlog
from django.conf import settings
from redis import Redis
from redis.client import PubSub
from redis.exceptions import RedisError

CHANNEL = "livery:registry"
_RETRY_SECONDS = 1.0
_STOP_SECONDS = 5.0
_log = structlog.get_logger("livery.tenants")
_listeners: dict[int, "_Listener"] = {}
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
        if os.getpid() in _listeners:
            return
        _listeners[os.getpid()] = _Listener(forget)
        _listeners[os.getpid()].start()


def stop_listening() -> None:
    """End this process's listener, for a process that outlives its Redis; the next look-up starts another."""
    with _guard:
        listener = _listeners.pop(os.getpid(), None)
    if listener is not None:
        listener.stop()


class _Listener(threading.Thread):
    """Calls `forget` at each announcement, and once whenever it begins to listen, until it is stopped."""

    def __init__(self, forget: Callable[[], None]) -> None:
        super().__init__(name="registry-listener", daemon=True)
        self._forget = forget
        self._stopping = threading.Event()
        self._subscription: PubSub | None = None

    def run(self) -> None:
        while not self._stopping.is_set():
            try:
                self._hear()
            except RedisError as error:
                self._subscription = None
                _log.info("registry_listener_waits", reason=str(error))
                self._stopping.wait(_RETRY_SECONDS)

    def stop(self) -> None:
        """Have it end; a loop that waits for the next announcement ends with the subscription."""
        self._stopping.set()
        subscription = self._subscription
        if subscription is not None:
            try:
                subscription.unsubscribe()
            except RedisError as error:
                # It notices by itself that Redis has gone.
                _log.info("registry_listener_was_lost", reason=str(error))
        self.join(_STOP_SECONDS)

    def _hear(self) -> None:
        with (
            Redis.from_url(settings.REDIS_URL, socket_timeout=None, socket_connect_timeout=1) as client,
            client.pubsub(ignore_subscribe_messages=True) as subscription,
        ):
            subscription.subscribe(CHANNEL)
            self._subscription = subscription
            # Whoever stopped it before now found nothing to unsubscribe.
            if self._stopping.is_set():
                return
            # What was announced while nobody listened is not repeated.
            self._forget()
            for _message in subscription.listen():
                self._forget()
