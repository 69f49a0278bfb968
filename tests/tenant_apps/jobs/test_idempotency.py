import threading
from datetime import timedelta

import pytest
import time_machine

from core import clock
from core.api.idempotency import Claim, IdempotencyKey, KeyReused, KeyRunning, StoredAnswer
from core.tenancy import TenantRef, atomic, tenant_context
from tenant_apps.jobs import idempotency
from tenant_apps.jobs.idempotency import DatabaseIdempotencyStore
from tenant_apps.jobs.models import IdempotencyRecord
from tests.support.twins import Twins

STORE = DatabaseIdempotencyStore()
KEY = IdempotencyKey(tenant="t", actor="user:1", route="POST api/v1/things/", key="k-1")
ANSWER = StoredAnswer(201, b'{"figure":"1.00"}', {"Content-Type": "application/json"})


def claim(key: IdempotencyKey = KEY, fingerprint: str = "f") -> Claim | StoredAnswer:
    return STORE.claim(key, fingerprint=fingerprint, lease_seconds=10)


def finished() -> Claim:
    made = claim()
    assert isinstance(made, Claim)
    with atomic():
        STORE.hold(made)
        STORE.finish(made, ANSWER)
    return made


@pytest.mark.usefixtures("inside")
class TestOneConnection:
    def test_the_first_request_gets_a_claim(self) -> None:
        made = claim()

        record = IdempotencyRecord.objects.get()
        assert isinstance(made, Claim)
        assert (made.record, made.token, record.state) == (record.pk, record.token, "running")
        assert (record.actor, record.route, record.key) == ("user:1", "POST api/v1/things/", "k-1")

    def test_the_answer_comes_back_byte_for_byte(self) -> None:
        finished()

        assert claim() == ANSWER
        assert IdempotencyRecord.objects.count() == 1

    def test_another_body_is_refused_whatever_the_state(self) -> None:
        made = claim()
        with pytest.raises(KeyReused):
            claim(fingerprint="other")
        assert isinstance(made, Claim)
        STORE.finish(made, ANSWER)
        with pytest.raises(KeyReused):
            claim(fingerprint="other")

        assert claim() == ANSWER

    @pytest.mark.parametrize("change", ["tenant", "actor", "route", "key"])
    def test_another_actor_route_tenant_or_key_is_another_record(self, change: str) -> None:
        finished()
        parts = {name: getattr(KEY, name) for name in ("tenant", "actor", "route", "key")}

        assert isinstance(claim(IdempotencyKey(**{**parts, change: "other"})), Claim)

        assert IdempotencyRecord.objects.count() == 2

    def test_a_running_record_says_when_to_come_back(self) -> None:
        claim()

        with pytest.raises(KeyRunning) as refused:
            claim()

        assert 9 <= refused.value.retry_after <= 10

    def test_the_claim_of_a_killed_process_is_taken_over_after_its_lease(self) -> None:
        first = claim()
        with time_machine.travel(clock.now() + timedelta(seconds=11), tick=False):
            second = claim()

        assert isinstance(first, Claim)
        assert isinstance(second, Claim)
        assert (first.record, first.token != second.token) == (second.record, True)
        for refused in (lambda: STORE.hold(first), lambda: STORE.finish(first, ANSWER)):
            with pytest.raises(KeyRunning):
                refused()
        STORE.release(first)
        STORE.finish(second, ANSWER)
        assert claim() == ANSWER

    def test_a_record_that_vanished_meanwhile_is_made_again(self) -> None:
        claim()
        seen = IdempotencyRecord.objects.get()
        IdempotencyRecord.objects.all().delete()

        assert idempotency._answer_or_take_over(seen, timedelta(seconds=10)) is None

    def test_an_answer_that_came_meanwhile_is_the_answer(self) -> None:
        made = claim()
        assert isinstance(made, Claim)
        seen = IdempotencyRecord.objects.get()
        STORE.finish(made, ANSWER)

        assert idempotency._answer_or_take_over(seen, timedelta(seconds=10)) == ANSWER

    def test_a_record_that_somebody_else_was_quicker_to_make_is_looked_at_again(self) -> None:
        finished()

        assert idempotency._insert(KEY, "f", timedelta(seconds=10)) is None

    def test_a_released_key_is_free(self) -> None:
        made = claim()
        assert isinstance(made, Claim)

        STORE.release(made)

        assert IdempotencyRecord.objects.count() == 0
        assert isinstance(claim(), Claim)

    def test_a_finished_record_is_not_released(self) -> None:
        STORE.release(finished())

        assert claim() == ANSWER

    def test_a_claim_is_refused_inside_a_transaction(self) -> None:
        with pytest.raises(RuntimeError, match="durable"), atomic():
            claim()

        assert IdempotencyRecord.objects.count() == 0

    def test_the_other_tenant_has_its_own_records(self, other_tenant: TenantRef) -> None:
        finished()

        with tenant_context(other_tenant):
            assert isinstance(claim(), Claim)


def test_a_record_whose_work_runs_is_never_waited_for(committed: Twins) -> None:
    refused: list[BaseException] = []

    def ask() -> None:
        with tenant_context(committed.first), time_machine.travel(clock.now() + timedelta(minutes=1)):
            try:
                claim()
            except KeyRunning as error:
                refused.append(error)

    with tenant_context(committed.first):
        made = claim()
        assert isinstance(made, Claim)
        with atomic():
            STORE.hold(made)
            STORE.finish(made, ANSWER)
            asking = threading.Thread(target=ask)
            asking.start()
            asking.join(timeout=10)
        assert [type(error) for error in refused] == [KeyRunning], "past its lease, but its work holds the row"
        assert claim() == ANSWER


def test_of_many_that_come_at_once_one_gets_the_claim(committed: Twins) -> None:
    outcomes: list[str] = []
    together = threading.Barrier(6)

    def ask() -> None:
        with tenant_context(committed.first):
            together.wait(timeout=10)
            try:
                outcomes.append(type(claim()).__name__)
            except KeyRunning:
                outcomes.append("running")

    asking = [threading.Thread(target=ask) for _ in range(6)]
    for thread in asking:
        thread.start()
    for thread in asking:
        thread.join(timeout=20)

    assert sorted(outcomes) == ["Claim", *["running"] * 5]
