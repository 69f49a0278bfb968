from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from celery.exceptions import SoftTimeLimitExceeded

from core import clock
from core.tenancy import TenantRef, atomic, tenant_context
from tenant_apps.events.models import EventDelivery, OutboxEvent
from tenant_apps.events.services import dispatch, events_dispatch

pytestmark = pytest.mark.usefixtures("inside")


def row(event_id: Any) -> OutboxEvent:
    return OutboxEvent.objects.get(pk=event_id)


def later(**delta: float) -> Any:
    return time_machine.travel(clock.now() + timedelta(**delta), tick=False)


def boom(event: Any) -> None:
    raise ValueError("no")


def test_hands_an_event_to_every_subscriber_once(subscribe: Callable[..., Any], emit: Callable[..., Any]) -> None:
    first, second = subscribe("test.happened", "a.one"), subscribe("test.happened", "b.two")
    event_id = emit(figure="1.00")

    assert events_dispatch().dispatched == 1
    assert events_dispatch().dispatched == 0

    assert [(event.id, event.kind, event.subject_id, event.payload) for event in first] == [
        (event_id, "test.happened", "subject-1", {"figure": "1.00"})
    ]
    assert len(second) == 1
    assert row(event_id).state == "dispatched"
    assert set(EventDelivery.objects.values_list("event_id", "subscriber")) == {
        (event_id, "a.one"),
        (event_id, "b.two"),
    }


def test_an_event_that_nobody_wants_is_done(subscribe: Callable[..., Any], emit: Callable[..., Any]) -> None:
    event_id = emit("test.unwanted")

    assert events_dispatch().dispatched == 1

    assert row(event_id).dispatched_at is not None


def test_a_failing_subscriber_undoes_its_own_writes_only(
    subscribe: Callable[..., Any], emit: Callable[..., Any]
) -> None:
    def write_and_fail(event: Any) -> None:
        OutboxEvent.objects.create(kind="written.by_failing", subject_id="x")
        raise ValueError("no password=hunter2 today")

    def write(event: Any) -> None:
        OutboxEvent.objects.create(kind="written.by_working", subject_id="y", state="dead")

    subscribe("test.happened", "a.failing", write_and_fail)
    subscribe("test.happened", "b.working", write)
    event_id = emit()

    outcome = events_dispatch()

    assert (outcome.dispatched, outcome.failed) == (0, 1)
    assert set(OutboxEvent.objects.exclude(pk=event_id).values_list("kind", flat=True)) == {"written.by_working"}
    assert list(EventDelivery.objects.values_list("subscriber", flat=True)) == ["b.working"]
    event = row(event_id)
    assert (event.state, event.attempts) == ("pending", 1)
    assert event.last_error.startswith("a.failing: ValueError: no ")
    assert "hunter2" not in event.last_error


def test_a_retry_calls_only_the_subscribers_that_failed(
    subscribe: Callable[..., Any], emit: Callable[..., Any]
) -> None:
    working = subscribe("test.happened", "b.working")
    failing = subscribe("test.happened", "a.failing", lambda event: boom(event) if len(failing) == 1 else None)
    event_id = emit()
    events_dispatch()
    assert events_dispatch().failed == 0, "the delay is not over"

    with later(seconds=6):
        assert events_dispatch().dispatched == 1

    assert (len(working), len(failing)) == (1, 2)
    assert (row(event_id).state, row(event_id).last_error) == ("dispatched", "")


def test_delays_double_up_to_an_hour() -> None:
    for attempts, longest in ((1, 5), (2, 10), (5, 80), (11, 3600), (60, 3600)):
        delay = dispatch._delay(attempts).total_seconds()
        assert longest / 2 <= delay <= longest


def test_an_event_is_given_up_after_its_last_attempt(
    subscribe: Callable[..., Any],
    emit: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(dispatch, "MAX_ATTEMPTS", 2)
    subscribe("test.happened", function=boom)
    dead_before = dispatch.EVENTS.labels("dead")._value.get()
    event_id = emit()

    events_dispatch()
    with later(hours=1):
        events_dispatch()

    assert (row(event_id).state, row(event_id).attempts) == ("dead", 2)
    assert dispatch.EVENTS.labels("dead")._value.get() == dead_before + 1
    assert [record.levelname for record in caplog.records if "event_dead" in record.getMessage()] == ["ERROR"]
    with later(days=1):
        assert (events_dispatch().dispatched, events_dispatch().failed) == (0, 0)


def test_a_subject_keeps_its_order_behind_a_failing_event(
    subscribe: Callable[..., Any], emit: Callable[..., Any]
) -> None:
    received = subscribe("test.happened", function=lambda event: boom(event) if len(received) == 1 else None)
    first, second, third = emit(), emit(), emit()
    other = emit(subject="subject-2")

    events_dispatch()
    assert [event.id for event in received] == [first, other]
    assert row(second).next_attempt_at == row(first).next_attempt_at

    with later(seconds=6):
        events_dispatch()
    assert [event.id for event in received] == [first, other, first, second, third]


def test_a_given_up_event_lets_its_subject_go_on(
    subscribe: Callable[..., Any], emit: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dispatch, "MAX_ATTEMPTS", 1)
    received = subscribe("test.happened", function=lambda event: boom(event) if len(received) == 1 else None)
    first, second = emit(), emit()

    events_dispatch()

    assert (row(first).state, row(second).state) == ("dead", "dispatched")


def test_an_event_that_a_subscriber_emits_is_handed_on_in_the_same_run(
    subscribe: Callable[..., Any], emit: Callable[..., Any]
) -> None:
    subscribe("test.happened", "a.first", lambda event: emit("test.followed"))
    followed = subscribe("test.followed", "b.second")
    emit()

    assert events_dispatch().dispatched == 2

    assert len(followed) == 1


def test_a_run_that_is_out_of_time_asks_for_another(
    subscribe: Callable[..., Any], emit: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    woken: list[bool] = []
    monkeypatch.setattr(dispatch.wakeups, "wake", lambda: woken.append(True))
    monkeypatch.setattr(dispatch, "BATCH", 1)
    for number in range(3):
        emit(subject=f"subject-{number}")

    outcome = events_dispatch(seconds=0)

    assert (outcome.dispatched, outcome.is_unfinished, woken) == (1, True, [True])
    assert events_dispatch().dispatched == 2


def test_a_time_limit_ends_the_run_and_counts_as_a_failure(
    subscribe: Callable[..., Any], emit: Callable[..., Any]
) -> None:
    def hang(event: Any) -> None:
        raise SoftTimeLimitExceeded

    subscribe("test.happened", "a.hanging", hang)
    unreached = subscribe("test.happened", "b.unreached")
    event_id = emit()

    with pytest.raises(SoftTimeLimitExceeded):
        events_dispatch()

    assert (row(event_id).attempts, unreached) == (1, [])


def test_a_read_only_tenant_keeps_its_events(
    inside: TenantRef, subscribe: Callable[..., Any], emit: Callable[..., Any]
) -> None:
    received = subscribe("test.happened")
    event_id = emit()

    with tenant_context(inside, read_only=True):
        assert events_dispatch().dispatched == 0

    assert (received, row(event_id).state) == ([], "pending")


def test_only_one_dispatcher_works_on_a_schema(emit: Callable[..., Any]) -> None:
    event_id = emit()

    with dispatch.wakeups.dispatching() as is_ours:
        assert is_ours
        assert events_dispatch().dispatched == 0

    assert row(event_id).state == "pending"
    assert events_dispatch().dispatched == 1


def test_dispatching_inside_a_transaction_of_the_caller_is_refused(
    subscribe: Callable[..., Any], emit: Callable[..., Any]
) -> None:
    received = subscribe("test.happened")
    event_id = emit()

    with pytest.raises(RuntimeError, match="durable"), atomic():
        events_dispatch()

    assert (received, row(event_id).state, row(event_id).attempts) == ([], "pending", 0)


def test_the_other_tenant_keeps_its_events(
    other_tenant: TenantRef, subscribe: Callable[..., Any], emit: Callable[..., Any]
) -> None:
    received = subscribe("test.happened")
    with tenant_context(other_tenant):
        foreign = emit()

    events_dispatch()

    assert received == []
    with tenant_context(other_tenant):
        assert row(foreign).state == "pending"


def test_an_event_that_another_dispatcher_finished_meanwhile_is_left_alone(
    subscribe: Callable[..., Any], emit: Callable[..., Any]
) -> None:
    received = subscribe("test.happened")
    claimed = row(emit())
    assert events_dispatch().dispatched == 1

    outcome = dispatch.Outcome()
    dispatch._dispatch(claimed, outcome)

    assert (outcome.dispatched, outcome.failed, len(received)) == (0, 0, 1)
