from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from celery.exceptions import SoftTimeLimitExceeded
from django.db import DatabaseError, InterfaceError

from core import clock, ids
from core.actor import Actor
from core.errors import LiveryError, NotFound
from core.tenancy import TenantRef, atomic, platform_context, scope_key, tenant_context
from core.tenancy import tasks as tenancy_tasks
from shared_apps.trail.models import TrailEntry
from tenant_apps.jobs.errors import RunEnded, RunLost, UnknownJob
from tenant_apps.jobs.models import TaskRun
from tenant_apps.jobs.services import (
    Progress,
    execution,
    job,
    progress,
    run_cancel,
    run_execute,
    run_start,
    runs_requeue,
    runs_sweep,
    sweep,
)
from tenant_apps.jobs.services.registry import job_label, job_queue
from tenant_apps.jobs.tasks import sweep_task
from tests.support.messages import waiting

pytestmark = pytest.mark.usefixtures("inside")
ANNA = Actor(kind="user", id="1", label="Anna")


def start(**arguments: Any) -> TaskRun:
    return run_start(kind="test.job", actor=ANNA, arguments=arguments)


def later(**delta: float) -> Any:
    return time_machine.travel(clock.now() + timedelta(**delta), tick=False)


@pytest.fixture
def queued(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, Any, str]]:
    """What services gave to the broker: task, id and queue."""
    sent: list[tuple[str, Any, str]] = []
    for module in ("runs", "sweep"):
        monkeypatch.setattr(
            f"tenant_apps.jobs.services.{module}.enqueue", lambda name, *ids, queue: sent.append((name, *ids, queue))
        )
    return sent


def test_a_job_runs_and_keeps_its_result(register: Callable[..., Any], queued: list[Any]) -> None:
    seen: list[Any] = []

    def add(handle: Progress, *, left: int, right: int) -> dict[str, int]:
        seen.append((handle.requested_by, handle.attempt))
        handle.advance(1, total=2, message="Half")
        return {"sum": left + right}

    register(add, queue="default")
    run = start(left=2, right=3)
    assert (run.state, queued) == ("queued", [("jobs.run", run.id, "default")])

    run = run_execute(run_id=run.id)

    assert (run.state, run.result, run.attempts, run.lease_until) == ("succeeded", {"sum": 5}, 1, None)
    assert (run.progress_done, run.progress_total, run.progress_message, run.percent) == (1, 2, "Half", 100)
    assert seen == [(Actor(kind="user", id="1", label="Anna"), 1)]


def test_a_start_that_is_rolled_back_queues_nothing(
    register: Callable[..., Any], django_capture_on_commit_callbacks: Any
) -> None:
    register(lambda handle: None)

    with django_capture_on_commit_callbacks() as callbacks, pytest.raises(KeyError), atomic():
        start()
        raise KeyError

    assert (callbacks, TaskRun.objects.count()) == ([], 0)


def test_a_second_message_of_an_ended_run_does_nothing(register: Callable[..., Any]) -> None:
    calls: list[int] = []
    register(lambda handle: calls.append(1))
    run = start()

    run_execute(run_id=run.id)

    assert run_execute(run_id=run.id) is None
    assert calls == [1]


def test_a_second_message_of_a_live_run_does_nothing(register: Callable[..., Any]) -> None:
    nested: list[Any] = []
    register(lambda handle: nested.append(run_execute(run_id=run.id)))
    run = start()

    assert run_execute(run_id=run.id).state == "succeeded"
    assert nested == [None]


def test_a_message_of_a_run_that_is_gone_does_nothing() -> None:
    assert run_execute(run_id=ids.uuid7()) is None


def test_a_dead_run_resumes_from_its_checkpoint(register: Callable[..., Any]) -> None:
    seen: list[Any] = []

    def count(handle: Progress) -> int:
        begin = handle.checkpoint.get("row", 0)
        seen.append((handle.attempt, begin))
        for row in range(begin + 1, 4):
            with atomic():
                handle.advance(row, checkpoint={"row": row})
            if handle.attempt == 1 and row == 2:
                raise SystemExit("killed")
        return handle.checkpoint["row"]

    register(count)
    run = start()
    with pytest.raises(SystemExit):
        run_execute(run_id=run.id)
    run.refresh_from_db()
    assert (run.state, run.checkpoint) == ("running", {"row": 2})

    assert run_execute(run_id=run.id) is None, "its lease lasts"
    with later(seconds=16):
        run = run_execute(run_id=run.id)

    assert (run.state, run.result, run.attempts) == ("succeeded", 3, 2)
    assert seen == [(1, 0), (2, 2)]


def test_a_worker_that_was_declared_dead_can_write_no_more(register: Callable[..., Any]) -> None:
    def outlive(handle: Progress) -> str:
        if handle.attempt == 1:
            with later(minutes=5):
                assert run_execute(run_id=run.id).result == "second"
            with atomic():
                TrailEntry.objects.create(actor_kind="system", action="test.lost", object_type="a", object_id="1")
                handle.advance(1, checkpoint={"by": "the dead"})
        return "second"

    register(outlive)
    run = start()

    run = run_execute(run_id=run.id)

    assert (run.state, run.result, run.attempts, run.checkpoint) == ("succeeded", "second", 2, {})
    assert not TrailEntry.objects.filter(action="test.lost").exists()


def test_a_lost_worker_cannot_end_the_run(register: Callable[..., Any]) -> None:
    register(lambda handle: TaskRun.objects.filter(pk=run.pk).update(attempts=7))
    run = start()

    run = run_execute(run_id=run.id)

    assert (run.state, run.attempts) == ("running", 7)


def test_a_run_that_kills_its_workers_is_given_up(register: Callable[..., Any]) -> None:
    register(lambda handle: None)
    run = start()
    TaskRun.objects.update(attempts=execution.MAX_ATTEMPTS)

    assert run_execute(run_id=run.id) is None

    run.refresh_from_db()
    assert (run.state, run.error) == ("failed", execution.TOO_OFTEN)


@pytest.mark.parametrize(
    ("error", "told", "is_raised"),
    [
        (LiveryError("The file has no header row."), "The file has no header row.", False),
        (SoftTimeLimitExceeded(), execution.TOO_LONG, True),
        (ValueError("internal detail"), execution.BROKEN, True),
    ],
)
def test_an_error_ends_the_run_with_a_sentence_for_people(
    register: Callable[..., Any], error: Exception, told: str, is_raised: bool
) -> None:
    def fail(handle: Progress) -> None:
        raise error

    register(fail)
    run = start()

    if is_raised:
        with pytest.raises(type(error)):
            run_execute(run_id=run.id)
    else:
        run_execute(run_id=run.id)

    run.refresh_from_db()
    assert (run.state, run.error) == ("failed", told)
    assert run.finished_at is not None


def test_a_result_that_is_no_json_fails_the_run(register: Callable[..., Any]) -> None:
    register(lambda handle: object())
    run = start()

    with pytest.raises(TypeError):
        run_execute(run_id=run.id)

    run.refresh_from_db()
    assert run.state == "failed"


def test_a_waiting_run_is_cancelled_at_once(register: Callable[..., Any]) -> None:
    calls: list[int] = []
    register(lambda handle: calls.append(1))
    run = start()

    assert run_cancel(run_id=run.id, actor=ANNA).state == "cancelled"

    assert run_execute(run_id=run.id) is None
    assert calls == []
    assert TrailEntry.objects.get().action == "jobs.cancel"


def test_a_running_job_stops_where_it_reports_its_progress(register: Callable[..., Any]) -> None:
    reached: list[int] = []

    def work(handle: Progress) -> None:
        assert run_cancel(run_id=run.id, actor=ANNA).state == "running"
        handle.advance(1)
        reached.append(1)

    register(work)
    run = start()

    run = run_execute(run_id=run.id)

    assert (run.state, reached) == ("cancelled", [])


def test_a_cancelled_run_of_a_killed_worker_is_not_resumed(register: Callable[..., Any]) -> None:
    register(lambda handle: None)
    run = start()
    now = clock.now()
    TaskRun.objects.update(state="running", started_at=now, lease_until=now, cancel_requested=True, attempts=1)

    with later(seconds=1):
        assert run_execute(run_id=run.id) is None

    run.refresh_from_db()
    assert run.state == "cancelled"


def test_what_cannot_be_cancelled(register: Callable[..., Any]) -> None:
    register(lambda handle: None)
    run = run_execute(run_id=start().id)

    with pytest.raises(RunEnded):
        run_cancel(run_id=run.id, actor=ANNA)
    with pytest.raises(NotFound):
        run_cancel(run_id=uuid4(), actor=ANNA)

    run.refresh_from_db()
    assert (run.state, TrailEntry.objects.count()) == ("succeeded", 0)


def test_reports_that_follow_closely_are_left_out(
    register: Callable[..., Any], django_assert_num_queries: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def work(handle: Progress) -> None:
        handle.advance(1)
        with django_assert_num_queries(0):
            handle.advance(2)
        monkeypatch.setattr(progress, "WRITE_SECONDS", 0)
        handle.advance(3)

    register(work)

    assert run_execute(run_id=start().id).progress_done == 3


def test_a_heartbeat_renews_the_lease(register: Callable[..., Any]) -> None:
    def work(handle: Progress) -> None:
        with later(minutes=1):
            handle.beat()
            run.refresh_from_db()
            assert run.lease_until == clock.now() + execution.lease()

    register(work)
    run = start()
    run_execute(run_id=run.id)


def test_a_read_only_tenant_runs_nothing(inside: TenantRef, register: Callable[..., Any]) -> None:
    register(lambda handle: None)
    run = start()

    with tenant_context(inside, read_only=True):
        assert run_execute(run_id=run.id) is None

    run.refresh_from_db()
    assert (run.state, run.attempts) == ("queued", 0)


def test_a_job_that_this_version_does_not_know(register: Callable[..., Any]) -> None:
    with pytest.raises(UnknownJob):
        run_start(kind="test.unknown", actor=ANNA)
    run = TaskRun.objects.create(kind="test.unknown", requested_by_kind="system")

    with pytest.raises(UnknownJob):
        run_execute(run_id=run.id)

    run.refresh_from_db()
    assert (run.state, job_label("test.unknown"), job_queue("test.unknown")) == ("failed", "test.unknown", "bulk")


def test_a_job_is_registered_once_and_for_a_queue_that_exists(register: Callable[..., Any]) -> None:
    register(lambda handle: None)
    assert (job_label("test.job"), job_queue("test.job")) == ("Test", "bulk")

    with pytest.raises(ValueError, match="twice"):
        register(lambda handle: None)
    with pytest.raises(ValueError, match="no queue"):
        job("test.other", label="Other", queue="express")


def test_the_sweep_queues_what_lost_its_message(register: Callable[..., Any], queued: list[Any]) -> None:
    register(lambda handle: None)
    waiting, dead, living, fresh = start(), start(), start(), start()
    now = clock.now()
    running = {"state": "running", "started_at": now}
    TaskRun.objects.filter(pk=dead.pk).update(**running, lease_until=now)
    TaskRun.objects.filter(pk=living.pk).update(**running, lease_until=now + timedelta(hours=1))
    TaskRun.objects.filter(pk=fresh.pk).update(queued_at=now + timedelta(minutes=5))
    queued.clear()

    with later(minutes=11):
        assert runs_requeue() == 2
        assert runs_requeue() == 0, "their messages are out again"

    assert queued == [("jobs.run", waiting.id, "bulk"), ("jobs.run", dead.id, "bulk")]


def test_a_lost_run_tells_the_job(register: Callable[..., Any]) -> None:
    def work(handle: Progress) -> None:
        TaskRun.objects.update(attempts=9)
        with pytest.raises(RunLost):
            handle.advance(1)
        TaskRun.objects.update(attempts=1)

    register(work)

    assert run_execute(run_id=start().id).state == "succeeded"


def test_the_fleet_is_swept_slice_by_slice(
    inside: TenantRef,
    other_tenant: TenantRef,
    register: Callable[..., Any],
    queued: list[Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    register(lambda handle: None)
    with tenant_context(other_tenant):
        foreign = start()
    own = start()
    queued.clear()
    asked: list[int] = []

    def slices(number: int, count: int) -> list[TenantRef]:
        asked.append(number)
        return list(tenancy_tasks.tenants_of_slice(number, count))

    monkeypatch.setattr(sweep, "tenants_of_slice", slices)
    with later(minutes=11):
        start_of_round = clock.now()
    swept = 0
    for tick in range(sweep.TICKS):
        with time_machine.travel(start_of_round + timedelta(seconds=tick * sweep.TICK_SECONDS), tick=False):
            swept += runs_sweep()

    assert sorted(asked) == list(range(sweep.TICKS))
    assert swept == 2
    assert {entry[1] for entry in queued} == {foreign.id, own.id}


def test_a_queued_run_is_done_in_its_tenant(
    register: Callable[..., Any], django_capture_on_commit_callbacks: Any
) -> None:
    waiting()
    register(lambda handle: "done")
    with django_capture_on_commit_callbacks(execute=True):
        run = start()

    (message,) = waiting()
    message.run()

    run.refresh_from_db()
    assert (message.queue, run.result) == ("bulk", "done")


@pytest.mark.parametrize("failure", [DatabaseError("its schema is gone"), InterfaceError("connection closed")])
def test_one_failing_tenant_does_not_keep_the_others_from_the_sweep(
    failure: Exception, inside: TenantRef, other_tenant: TenantRef, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def requeue() -> int:
        asked.append(scope_key())
        if inside.uuid.hex in asked[-1].replace("-", ""):
            raise failure
        return 1

    monkeypatch.setattr(sweep, "runs_requeue", requeue)
    monkeypatch.setattr(sweep, "tenants_of_slice", lambda number, count: [inside, other_tenant])

    with platform_context():
        sweep_task()
        assert runs_sweep() == 2

    assert len(asked) == 6
