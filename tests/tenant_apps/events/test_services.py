from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import DatabaseError, IntegrityError, InterfaceError
from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from core import clock, events
from core.actor import SYSTEM
from core.errors import NotFound
from core.ids import uuid7
from core.tenancy import TenantRef, TenantState, atomic, cursor, directory, platform_context, tenant_context
from core.tenancy.errors import TenantGone
from shared_apps.trail.models import TrailEntry
from tenant_apps.events.errors import EmittedOutsideTransaction, EventDelivered
from tenant_apps.events.models import EventDelivery, OutboxEvent
from tenant_apps.events.services import (
    dispatch,
    event_retry,
    events_dispatch,
    events_purge,
    events_sweep,
    sweep,
    wakeups,
)
from tests.support.messages import waiting
from tests.support.twins import Twins


@pytest.fixture(autouse=True)
def _nothing_announced() -> None:
    wakeups._redis().flushdb()


def later(**delta: float) -> Any:
    return time_machine.travel(clock.now() + timedelta(**delta), tick=False)


def announce(tenant: TenantRef) -> None:
    with tenant_context(tenant):
        wakeups.wake()


class TestWriting:
    @pytest.fixture(autouse=True)
    def _inside(self, inside: TenantRef) -> None:
        self.tenant = inside

    def test_an_event_is_kept_with_the_fact_or_not_at_all(self) -> None:
        with atomic():
            kept = events.emit(kind="test.kept", subject_id=uuid7(), payload={"a": "1"})
        with pytest.raises(KeyError), atomic():
            events.emit(kind="test.lost", subject_id=1)
            raise KeyError

        assert [event.pk for event in OutboxEvent.objects.all()] == [kept]

    def test_the_database_numbers_events_in_order(self) -> None:
        with atomic():
            for _ in range(3):
                events.emit(kind="test.numbered", subject_id=1)

        first, second, third = OutboxEvent.objects.order_by("pk")
        assert first.sequence < second.sequence < third.sequence
        with pytest.raises(DatabaseError), atomic():
            OutboxEvent.objects.filter(pk=first.pk).update(sequence=99)

    def test_sql_may_write_events_too(self) -> None:
        with cursor() as opened:
            opened.execute("INSERT INTO events_outboxevent (id, kind, subject_id) VALUES (uuidv7(), 'test.sql', '1')")

        assert events_dispatch().dispatched == 1

    @pytest.mark.parametrize(
        "wrong",
        [
            {"kind": ""},
            {"subject_id": ""},
            {"state": "lost"},
            {"payload": ["no object"]},
            {"state": "dispatched"},
            {"dispatched_at": datetime(2026, 1, 1, tzinfo=UTC)},
        ],
        ids=str,
    )
    def test_the_database_refuses_what_is_no_event(self, wrong: dict[str, Any]) -> None:
        with pytest.raises(IntegrityError), atomic():
            OutboxEvent.objects.create(**{"kind": "test.wrong", "subject_id": "1", **wrong})

        assert not OutboxEvent.objects.exists()

    def test_a_subscriber_is_marked_once(self) -> None:
        event = OutboxEvent.objects.create(kind="test.kept", subject_id="1")
        EventDelivery.objects.create(event=event, subscriber="a.one")

        with pytest.raises(IntegrityError), atomic():
            EventDelivery.objects.create(event=event, subscriber="a.one")

        assert str(event) == "test.kept 1"
        assert str(EventDelivery.objects.get()) == f"{event.pk} → a.one"

    def test_the_commit_queues_one_dispatcher(self, django_capture_on_commit_callbacks: Any) -> None:
        waiting()
        with django_capture_on_commit_callbacks(execute=True), atomic():
            for number in range(3):
                events.emit(kind="test.kept", subject_id=number)
            assert waiting() == []

        assert [message.task for message in waiting()] == ["events.dispatch"]

    def test_retrying_what_is_missing_or_delivered_is_refused(self) -> None:
        event = OutboxEvent.objects.create(
            kind="test.done", subject_id="1", state="dispatched", dispatched_at=clock.now()
        )

        with pytest.raises(EventDelivered):
            event_retry(event_id=event.pk, actor=SYSTEM)
        with pytest.raises(NotFound):
            event_retry(event_id=uuid7(), actor=SYSTEM)

        assert not TrailEntry.objects.exists()

    def test_a_waiting_event_may_be_tried_at_once(self) -> None:
        event = OutboxEvent.objects.create(
            kind="test.waits", subject_id="1", attempts=3, next_attempt_at=clock.now() + timedelta(hours=1)
        )
        assert events_dispatch().dispatched == 0

        event_retry(event_id=event.pk, actor=SYSTEM)

        assert events_dispatch().dispatched == 1

    def test_old_delivered_events_go_and_others_stay(self, monkeypatch: pytest.MonkeyPatch) -> None:
        old = {"state": "dispatched", "dispatched_at": clock.now() - timedelta(days=31)}
        for number in range(5):
            event = OutboxEvent.objects.create(kind="test.old", subject_id=number, **old)
            EventDelivery.objects.create(event=event, subscriber="a.one")
        OutboxEvent.objects.create(kind="test.new", subject_id="1", state="dispatched", dispatched_at=clock.now())
        OutboxEvent.objects.create(kind="test.dead", subject_id="1", state="dead")
        OutboxEvent.objects.create(kind="test.open", subject_id="1")

        assert events_purge(batch=2) == 5
        assert events_purge() == 0

        assert set(OutboxEvent.objects.values_list("kind", flat=True)) == {"test.new", "test.dead", "test.open"}
        assert not EventDelivery.objects.exists()


def test_an_event_needs_a_transaction(committed: Twins) -> None:
    with tenant_context(committed.first):
        with pytest.raises(EmittedOutsideTransaction):
            events.emit(kind="test.loose", subject_id=1)

        assert not OutboxEvent.objects.exists()


class TestSweeping:
    def test_every_tenant_is_asked_once_in_a_round(
        self, tenant: TenantRef, other_tenant: TenantRef, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for twin in (tenant, other_tenant):
            with tenant_context(twin):
                OutboxEvent.objects.create(kind="test.forgotten", subject_id="1")
        with platform_context():
            OutboxEvent.objects.create(kind="test.forgotten", subject_id="1")
        woken: list[str] = []
        monkeypatch.setattr(wakeups, "wake", lambda: woken.append(wakeups.scope_name()))

        start = clock.now()
        for tick in range(sweep.TICKS):
            with (
                platform_context(),
                time_machine.travel(start + timedelta(seconds=tick * sweep.TICK_SECONDS), tick=False),
            ):
                events_sweep()

        assert sorted(scope for scope in woken if scope != "platform") == sorted(
            str(twin.uuid) for twin in (tenant, other_tenant)
        )
        assert woken.count("platform") == sweep.TICKS

    def test_what_was_announced_is_woken_after_a_moment(
        self, tenant: TenantRef, django_capture_on_commit_callbacks: Any
    ) -> None:
        waiting()
        with django_capture_on_commit_callbacks(execute=True):
            announce(tenant)
            with platform_context():
                wakeups.wake()
        assert len(waiting()) == 2, "these two messages are lost"

        with django_capture_on_commit_callbacks(execute=True), platform_context():
            assert events_sweep() == 0, "their dispatchers may still come"
        wakeups._redis().delete(*wakeups._redis().keys("livery:events:queued:*"))
        with django_capture_on_commit_callbacks(execute=True), platform_context(), later(seconds=4):
            assert events_sweep() == 2

        assert [message.task for message in waiting()] == ["events.dispatch"] * 2

    @pytest.mark.parametrize("change", ["suspended", "gone"])
    def test_a_tenant_that_does_not_work_is_forgotten(
        self, tenant: TenantRef, change: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def by_uuid(uuid: Any) -> TenantRef:
            if change == "gone":
                raise TenantGone
            return replace(tenant, state=TenantState.SUSPENDED)

        announce(tenant)
        monkeypatch.setattr(directory(), "by_uuid", by_uuid)

        with platform_context(), later(seconds=4):
            events_sweep()

        assert wakeups._redis().zcard(wakeups._DIRTY) == 0

    @pytest.mark.parametrize("failure", [DatabaseError("its schema is gone"), InterfaceError("connection closed")])
    def test_one_failing_tenant_does_not_keep_the_others(
        self, failure: Exception, tenant: TenantRef, other_tenant: TenantRef, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        asked: list[str] = []

        def ask() -> bool:
            asked.append(wakeups.scope_name())
            if asked[-1] == str(tenant.uuid):
                raise failure
            return False

        monkeypatch.setattr(sweep, "is_anything_due", ask)
        monkeypatch.setattr(sweep, "tenants_of_slice", lambda number, count: [tenant, other_tenant])

        with platform_context():
            assert events_sweep() == 0

        assert asked == ["platform", str(tenant.uuid), str(other_tenant.uuid)]


class TestAnnouncing:
    @pytest.fixture(autouse=True)
    def _inside(self, inside: TenantRef) -> None:
        self.name = str(inside.uuid)

    def score(self) -> float | None:
        return wakeups._redis().zscore(wakeups._DIRTY, self.name)

    def test_a_run_that_saw_everything_settles(self) -> None:
        wakeups.wake()
        mark = wakeups.announced()

        assert wakeups.settle(mark, next_at=None)
        assert self.score() is None

    def test_what_is_announced_meanwhile_is_not_forgotten(self) -> None:
        wakeups.wake()
        mark = wakeups.announced()
        with later(seconds=1):
            wakeups.wake()

        assert not wakeups.settle(mark, next_at=None)
        assert self.score() is not None

    def test_a_waiting_retry_is_remembered_for_its_time(self, subscribe: Callable[..., Any], emit: Any) -> None:
        def fail(event: Any) -> None:
            raise ValueError

        subscribe("test.happened", function=fail)
        event_id = emit()
        wakeups.wake()
        events_dispatch()

        at = OutboxEvent.objects.get(pk=event_id).next_attempt_at
        assert self.score() == int(at.timestamp() * 1_000_000)
        assert wakeups.waiting(before=clock.now()) == []

    def test_without_an_announcement_there_is_nothing_to_settle(self) -> None:
        assert wakeups.announced() is None
        assert wakeups.settle(None, next_at=None)

    def test_a_lost_announcement_is_not_waited_for(self) -> None:
        assert not wakeups.settle(1, next_at=None)

    def test_a_dispatcher_that_lost_its_lease_does_not_end_the_next_ones(self) -> None:
        with wakeups.dispatching() as first:
            assert first
            wakeups._redis().delete(wakeups._busy())
            with wakeups.dispatching() as second:
                assert second
                wakeups._redis().set(wakeups._busy(), "somebody else")
        assert wakeups._redis().get(wakeups._busy()) == "somebody else"

    def test_without_redis_events_are_kept_and_handed_on_all_the_same(
        self, monkeypatch: pytest.MonkeyPatch, subscribe: Callable[..., Any], emit: Any, caplog: Any
    ) -> None:
        away = Redis(host="127.0.0.1", port=1, retry=Retry(NoBackoff(), 0))
        monkeypatch.setattr(wakeups, "_redis", lambda: away)
        received = subscribe("test.happened")
        emit()

        wakeups.wake()
        assert events_dispatch().dispatched == 1
        assert wakeups.settle(1, next_at=None)
        assert wakeups.waiting(before=clock.now()) == []

        assert len(received) == 1
        assert any("events_not_announced" in record.getMessage() for record in caplog.records)

    def test_a_run_goes_on_when_it_is_announced_again(
        self, monkeypatch: pytest.MonkeyPatch, subscribe: Callable[..., Any], emit: Any
    ) -> None:
        received = subscribe("test.happened")
        emit()
        wakeups.wake()
        settle, late = wakeups.settle, []

        def settle_late(mark: Any, *, next_at: Any) -> bool:
            if not late:
                late.append(emit())
                with later(seconds=1):
                    wakeups.wake()
            return settle(mark, next_at=next_at)

        monkeypatch.setattr(dispatch.wakeups, "settle", settle_late)

        assert events_dispatch().dispatched == 2
        assert received[-1].id == late[0]
