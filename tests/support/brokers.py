"""A Redis server of a test's own, which it may kill."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.test import override_settings

from config.celery import app
from deploy.local.redis import Redis
from tenant_apps.events.services import wakeups


@contextmanager
def own_redis(folder: Path, *, lease: int) -> Iterator[Redis]:
    """Start a server; until the block ends this process queues its tasks there. `lease` is the broker's, in seconds."""
    server = Redis(folder)
    server.start()
    try:
        with pytest.MonkeyPatch.context() as patch, override_settings(REDIS_URL=server.url, BROKER_LEASE_SECONDS=lease):
            patch.setitem(app.conf, "broker_url", server.url)
            patch.setattr(app.amqp, "_producer_pool", None)
            wakeups._redis.cache_clear()
            yield server
    finally:
        wakeups._redis.cache_clear()
        server.stop()
