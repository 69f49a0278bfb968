import time
from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from django.conf import settings
from redis import Redis, RedisError
from redis.backoff import NoBackoff
from redis.retry import Retry

from config.celery import app
from core.tenancy import schedule
from core.tenancy.schedule import SlotScheduler, periodic
from core.tenancy.tasks import platform_task, tenant_task
from tests.support.messages import waiting

NOON = 1_800_000_000 - 1_800_000_000 % 86_400 + 43_200


@platform_task(name="test.every_minute")
def every_minute() -> None:
    """Sent by the tests' schedulers."""


@platform_task(name="test.every_day")
def every_day() -> None:
    """Sent by the tests' schedulers."""


@pytest.fixture(autouse=True)
def redis(monkeypatch: pytest.MonkeyPatch) -> Iterator[Redis]:
    monkeypatch.setattr(schedule, "_schedule", {})
    waiting()
    with Redis.from_url(settings.REDIS_URL) as client:
        forget(client)
        yield client
        forget(client)
    waiting()


def forget(client: Redis) -> None:
    for key in client.keys("livery:beat:*"):
        client.delete(key)


def scheduler() -> SlotScheduler:
    return SlotScheduler(app, schedule_filename="unused")


def tick(*schedulers: SlotScheduler, at: float) -> list[str]:
    """What the schedulers send at an instant."""
    with time_machine.travel(at, tick=False):
        for each in schedulers:
            assert 0 < each.tick() <= 1
    return [message.task for message in waiting() if message.task.startswith("test.")]


def test_a_task_is_sent_once_in_each_of_its_periods() -> None:
    periodic(every=60)(every_minute)
    beat = scheduler()

    assert tick(beat, at=NOON) == ["test.every_minute"]
    assert tick(beat, at=NOON + 59) == []
    assert tick(beat, at=NOON + 60) == ["test.every_minute"]


def test_two_schedulers_do_no_harm() -> None:
    periodic(every=60)(every_minute)

    assert tick(scheduler(), scheduler(), at=NOON) == ["test.every_minute"]


def test_a_scheduler_that_restarts_neither_skips_nor_repeats() -> None:
    periodic(every=86_400, offset=3_600)(every_day)

    assert tick(scheduler(), at=NOON) == ["test.every_day"]
    assert tick(scheduler(), at=NOON + 100) == []
    tomorrow_at_one = NOON + 13 * 3_600
    assert tick(scheduler(), at=tomorrow_at_one - 1) == []
    assert tick(scheduler(), at=tomorrow_at_one + 500) == ["test.every_day"]


def test_a_period_that_another_scheduler_serves_at_this_moment_is_left_to_it(redis: Redis) -> None:
    periodic(every=60)(every_minute)
    redis.set("livery:beat:test.every_minute:lock", 1)

    assert tick(scheduler(), at=NOON) == []

    redis.delete("livery:beat:test.every_minute:lock")
    assert tick(scheduler(), at=NOON + 1) == ["test.every_minute"]


def test_a_scheduler_that_came_second_looks_again_under_the_lock(redis: Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    periodic(every=60)(every_minute)
    beat = scheduler()
    served = iter([-1, NOON])
    monkeypatch.setattr(beat, "_served", lambda key: next(served))

    assert tick(beat, at=NOON) == []
    assert redis.get("livery:beat:test.every_minute:lock") is None


def test_when_redis_forgot_everything_tasks_run_once_more(redis: Redis) -> None:
    periodic(every=60)(every_minute)
    beat = scheduler()
    tick(beat, at=NOON)
    forget(redis)

    assert tick(beat, at=NOON + 1) == ["test.every_minute"]


def test_a_broker_that_is_away_is_waited_for(monkeypatch: pytest.MonkeyPatch, caplog: Any) -> None:
    periodic(every=60)(every_minute)
    beat = scheduler()
    with monkeypatch.context() as patch:
        patch.setattr(beat, "redis", Redis(host="127.0.0.1", port=1, retry=Retry(NoBackoff(), 0)))
        assert tick(beat, at=NOON) == []
    assert any("tick_failed" in record.getMessage() for record in caplog.records)

    assert tick(beat, at=NOON + 5) == ["test.every_minute"]


def test_a_task_that_could_not_be_sent_is_still_due(redis: Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    periodic(every=60)(every_minute)
    beat = scheduler()

    def refuse(**options: Any) -> None:
        raise RedisError("no room")

    with monkeypatch.context() as patch:
        patch.setattr(schedule._schedule["test.every_minute"].task, "apply_async", refuse)
        assert tick(beat, at=NOON) == []

    assert tick(beat, at=NOON + 1) == ["test.every_minute"]


def test_ticks_do_not_pile_up_while_no_worker_listens() -> None:
    periodic(every=60)(every_minute)

    with time_machine.travel(NOON, tick=False):
        scheduler().tick()
    (message,) = waiting()

    assert message.headers["expires"].startswith(time.strftime("%Y-%m-%dT%H:%M", time.gmtime(NOON + 60)))


def test_only_platform_tasks_are_periodic_and_each_once() -> None:
    @tenant_task(name="test.of_a_tenant")
    def of_a_tenant() -> None:
        """Never sent."""

    with pytest.raises(TypeError, match="platform task"):
        periodic(every=60)(of_a_tenant)
    periodic(every=60)(every_minute)
    with pytest.raises(ValueError, match="twice"):
        periodic(every=60)(every_minute)


def test_celery_finds_no_schedule_of_its_own() -> None:
    beat = scheduler()

    assert beat.schedule == {}
    beat.close()
