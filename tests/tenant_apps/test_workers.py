"""Real workers, a real broker and real kills: whatever dies, each piece of work is done once."""

import os
from collections import Counter
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from redis import Redis as RedisClient
from redis import RedisError

from core import clock, events
from core.actor import SYSTEM
from core.tenancy import TenantRef, atomic, platform_context, tenant_context
from deploy.local.redis import Redis
from shared_apps.trail.models import TrailEntry
from tenant_apps.events.models import OutboxEvent
from tenant_apps.events.services import events_sweep, sweep
from tenant_apps.jobs.models import TaskRun
from tenant_apps.jobs.services import registry, run_start
from tests.support import worker
from tests.support.brokers import own_redis
from tests.support.twins import Twins
from tests.support.workers import Workers, eventually

LEASE = 3


@pytest.fixture(scope="module")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Redis]:
    """A server of this module's own, as one test kills it; this process queues its tasks there too."""
    with own_redis(tmp_path_factory.mktemp("redis"), lease=LEASE) as server:
        yield server


@pytest.fixture(scope="module")
def all_workers(redis: Redis, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workers]:
    environment = {"REDIS_URL": redis.url, "BROKER_URL": redis.url, "BROKER_LEASE_SECONDS": str(LEASE)}
    workers = Workers(tmp_path_factory.mktemp("workers"), environment)
    yield workers
    workers.stop()


@pytest.fixture
def workers(all_workers: Workers, committed: Twins, monkeypatch: pytest.MonkeyPatch) -> Workers:
    """Two workers that run, and a sweep that asks every tenant each time."""
    all_workers.ensure(2)
    monkeypatch.setattr(sweep, "TICKS", 1)
    monkeypatch.setattr(registry, "_jobs", {})
    registry.job("test.count", label="Count")(worker.count)
    return all_workers


def emit(tenant: TenantRef, note: str, *, subject: str = "subject-1", seconds: float = 0) -> UUID:
    with tenant_context(tenant), atomic():
        payload = {"note": note, "seconds": seconds}
        return events.emit(kind="test.happened", subject_id=subject, payload=payload)


def start(tenant: TenantRef, note: str, *, rows: int, seconds: float) -> UUID:
    with tenant_context(tenant):
        return run_start(kind="test.count", actor=SYSTEM, arguments={"rows": rows, "seconds": seconds, "note": note}).pk


def is_quiet(*tenants: TenantRef) -> bool:
    """Whether every event was handed on and every run has ended."""
    for tenant in tenants:
        with tenant_context(tenant):
            open_runs = TaskRun.objects.exclude(state__in=["succeeded", "failed", "cancelled"])
            if OutboxEvent.objects.exclude(state="dispatched").exists() or open_runs.exists():
                return False
    return True


def sweep_events() -> None:
    with platform_context():
        events_sweep()


def handled(tenant: TenantRef) -> Counter[Any]:
    with tenant_context(tenant):
        return Counter(TrailEntry.objects.filter(action="test.handled").values_list("object_id", "summary"))


def counted(tenant: TenantRef) -> Counter[Any]:
    with tenant_context(tenant):
        return Counter(TrailEntry.objects.filter(action="test.counted").values_list("object_id", "summary"))


def worker_of(redis: Redis, what: object) -> int | None:
    """The process id of the worker that last began a piece of work."""
    lines = RedisClient.from_url(redis.url, decode_responses=True).lrange(worker.STARTED, 0, -1)
    found = [line.split()[1] for line in lines if line.split()[0] == str(what)]
    return int(found[-1]) if found else None


def test_work_of_two_tenants_is_done_once_and_where_it_belongs(
    redis: Redis, workers: Workers, committed: Twins
) -> None:
    twins = {"first": committed.first, "second": committed.second}
    emitted = {name: [str(emit(twin, name)) for _ in range(5)] for name, twin in twins.items()}
    # Twice as long as a silent worker's message stays with it: nobody else may get it.
    runs = {name: start(twin, name, rows=4, seconds=LEASE / 2) for name, twin in twins.items()}

    eventually(lambda: is_quiet(*twins.values()))

    for name, twin in twins.items():
        assert handled(twin) == Counter((event_id, name) for event_id in emitted[name])
        assert counted(twin) == Counter((str(row), name) for row in range(4))
        with tenant_context(twin):
            run = TaskRun.objects.get()
        assert (run.pk, run.state, run.attempts, run.result) == (runs[name], "succeeded", 1, 4)


def test_what_a_killed_worker_had_begun_ends_once(redis: Redis, workers: Workers, committed: Twins) -> None:
    tenant = committed.first
    event_id = emit(tenant, "killed", seconds=2)
    start(tenant, "killed", rows=6, seconds=0.5)
    for what in (event_id, "killed:1"):
        eventually(lambda what=what: worker_of(redis, what))
    victims = {worker_of(redis, event_id), worker_of(redis, "killed:1")}
    eventually(lambda: sum(counted(tenant).values()) >= 2)

    killed_at = clock.now()
    for pid in victims:
        workers.kill(pid)
    workers.ensure(2)
    eventually(lambda: is_quiet(tenant), meanwhile=sweep_events)

    assert (clock.now() - killed_at).total_seconds() < 10 * LEASE
    assert handled(tenant) == Counter({(str(event_id), "killed"): 1})
    assert counted(tenant) == Counter((str(row), "killed") for row in range(6))
    with tenant_context(tenant):
        run = TaskRun.objects.get()
    assert (run.state, run.attempts, run.result) == ("succeeded", 2, 6)


def test_nothing_is_lost_when_the_broker_is_killed(redis: Redis, workers: Workers, committed: Twins) -> None:
    tenant = committed.first
    emitted = [str(emit(tenant, "before", subject=f"subject-{number}", seconds=0.2)) for number in range(10)]
    start(tenant, "through", rows=8, seconds=0.5)
    eventually(lambda: worker_of(redis, "through:1") and handled(tenant))

    os.kill(RedisClient.from_url(redis.url).info("server")["process_id"], 9)
    with pytest.raises(RedisError):
        RedisClient.from_url(redis.url).ping()
    emitted += [str(emit(tenant, "while away", subject=f"subject-{number}")) for number in range(5)]
    redis.start()
    eventually(lambda: is_quiet(tenant), meanwhile=sweep_events)

    assert sorted(event_id for event_id, _ in handled(tenant).elements()) == sorted(emitted)
    assert counted(tenant) == Counter((str(row), "through") for row in range(8))
    assert all(process.poll() is None for process in workers.running), workers.log()[-2000:]
