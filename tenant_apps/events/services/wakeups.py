"""Which schemas have events to hand on, kept in Redis. All of it may be lost: the slow sweep asks the tables."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import copy_context
from datetime import datetime
from functools import cache
from threading import Lock, Timer
from typing import Any
from uuid import uuid4

import structlog
from celery import current_app
from django.conf import settings
from kombu.exceptions import OperationalError
from redis import Redis, RedisError
from redis.backoff import NoBackoff
from redis.retry import Retry

from core import clock
from core.tenancy import require_scope
from core.tenancy.tasks import enqueue

PLATFORM = "platform"
_DIRTY = "livery:events:dirty"
_DISPATCH = "events.dispatch"
# Seconds between two announcements of a schema by one process that commits all the time.
_PAUSE = 0.1
_lock = Lock()
_woken: dict[str, float] = {}
_late: set[str] = set()
# A task that was queued and lost blocks the next one for this long at most.
_QUEUED_SECONDS = 15
_log = structlog.get_logger("livery.events")

# Both act only if nothing happened since the caller looked.
_SETTLE = """
if tonumber(redis.call('ZSCORE', KEYS[1], ARGV[1])) ~= tonumber(ARGV[2]) then return 0 end
if ARGV[3] == '' then redis.call('ZREM', KEYS[1], ARGV[1]) else redis.call('ZADD', KEYS[1], ARGV[3], ARGV[1]) end
return 1
"""
_RELEASE = "if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end"


@cache
def _redis() -> Redis:
    return Redis.from_url(
        settings.REDIS_URL,
        socket_timeout=2,
        socket_connect_timeout=1,
        retry=Retry(NoBackoff(), 0),
        decode_responses=True,
    )


def _micro(at: datetime) -> int:
    # Whole numbers of this size are exact as scores, which are floating point.
    return int(at.timestamp() * 1_000_000)


def _busy() -> str:
    return f"livery:events:busy:{scope_name()}"


def _lease() -> int:
    """Milliseconds; over before the broker hands a killed worker's message to another."""
    return int(settings.BROKER_LEASE_SECONDS * 800)


def scope_name() -> str:
    """The name of the current schema here: the tenant's uuid, or `platform`."""
    tenant = require_scope().tenant
    return str(tenant.uuid) if tenant else PLATFORM


def wake() -> None:
    """Say that this schema has events, and queue its dispatcher unless it is queued; call it after the commit."""
    if _announce():
        enqueue(_DISPATCH)


def wake_often() -> None:
    """Wake as `wake` does, but ten times a second at most for each schema: for what commits thousands of times.

    What came in between is announced once more a tenth of a second later, so nothing waits for the sweep.
    """
    scope, now = scope_name(), time.monotonic()
    with _lock:
        if now - _woken.get(scope, -_PAUSE) < _PAUSE:
            if scope not in _late:
                _late.add(scope)
                timer = Timer(_PAUSE, copy_context().run, [_wake_late, scope])
                timer.daemon = True
                timer.start()
            return
        _woken[scope] = now
    wake()


def _wake_late(scope: str) -> None:
    with _lock:
        _late.discard(scope)
        _woken[scope] = time.monotonic()
    if _announce():
        try:
            # Not `enqueue`, which asks the thread's connection to the database for an open transaction.
            current_app.tasks[_DISPATCH].apply_async()
        except OperationalError as error:
            _log.warning("events_not_announced", reason=str(error))


def _announce() -> bool:
    """Whether the dispatcher is to be queued."""
    scope = scope_name()
    try:
        with _redis().pipeline(transaction=False) as pipeline:
            pipeline.zadd(_DIRTY, {scope: _micro(clock.now())})
            pipeline.set(f"livery:events:queued:{scope}", 1, nx=True, ex=_QUEUED_SECONDS)
            _, is_first = pipeline.execute()
    except RedisError as error:
        _log.warning("events_not_announced", reason=str(error))
        return False
    return bool(is_first)


@contextmanager
def dispatching() -> Iterator[bool]:
    """Be the only dispatcher of this schema; yields whether we are.

    It keeps a busy tenant to one worker. Correctness does not rest on it: without Redis everybody is let in, and one
    that was killed lets the next in when its lease is over.
    """
    token, busy = uuid4().hex, _busy()
    try:
        _redis().delete(f"livery:events:queued:{scope_name()}")
        is_ours = bool(_redis().set(busy, token, nx=True, px=_lease()))
    except RedisError as error:
        _log.warning("events_without_redis", reason=str(error))
        is_ours = True
    try:
        yield is_ours
    finally:
        try:
            _redis().eval(_RELEASE, 1, busy, token)
        except RedisError as error:
            _log.warning("events_without_redis", reason=str(error))


def still_dispatching() -> None:
    """Renew the lease of this schema's dispatcher."""
    try:
        _redis().pexpire(_busy(), _lease())
    except RedisError as error:
        _log.warning("events_without_redis", reason=str(error))


def announced() -> int | None:
    """When this schema was last announced, in microseconds, to be given to `settle`; None if it was not."""
    try:
        score = _redis().zscore(_DIRTY, scope_name())
    except RedisError as error:
        _log.warning("events_without_redis", reason=str(error))
        return None
    return None if score is None else int(score)


def settle(mark: int | None, *, next_at: datetime | None) -> bool:
    """Forget this schema, or remember it for `next_at`; False if it was announced again since `mark`."""
    if mark is None:
        return True
    try:
        return bool(_redis().eval(_SETTLE, 1, _DIRTY, scope_name(), mark, _micro(next_at) if next_at else ""))
    except RedisError as error:
        _log.warning("events_without_redis", reason=str(error))
        return True


def waiting(*, before: datetime, limit: int = 500) -> list[str]:
    """The schemas that were announced, or are to be looked at, before an instant."""
    try:
        found: Any = _redis().zrangebyscore(_DIRTY, 0, _micro(before), start=0, num=limit)
    except RedisError as error:
        _log.warning("events_without_redis", reason=str(error))
        return []
    return list(found)


def forget(scope: str) -> None:
    """Forget a schema that serves no more."""
    _redis().zrem(_DIRTY, scope)
