"""Tasks that tell whose data they see, into a list in Redis."""

import json

from django.conf import settings
from redis import Redis

from core.tenancy import atomic
from core.tenancy.tasks import platform_task, tenant_task
from tests.support.probe_urls import seen


def tell(run: str, expected: str) -> None:
    """Note what is seen, with and without a transaction, beside what the sender saw."""
    before = seen()
    with atomic():
        inside = seen()
    with Redis.from_url(settings.REDIS_URL) as redis:
        redis.rpush(run, json.dumps([expected, before, inside]))


@tenant_task(name="probe.look")
def look(run: str, expected: str) -> None:
    tell(run, expected)


@platform_task(name="probe.look_from_platform")
def look_from_platform(run: str, expected: str) -> None:
    tell(run, expected)
