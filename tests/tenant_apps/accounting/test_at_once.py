"""Several connections at the same moment, each committing for itself."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal
from threading import Barrier
from typing import Any

import pytest
from django.db import connections

from core.actor import SYSTEM
from core.tenancy import TenantRef, tenant_context
from tenant_apps.accounting import errors
from tenant_apps.accounting.models import AccountBalance, JournalEntry, PeriodLock
from tenant_apps.accounting.services import (
    entry_reverse,
    hold_place,
    hold_void,
    journal_number,
    ledger_check,
    ledger_fold,
    period_lock,
)
from tests.support.factories.books import TODAY, Books, make_books
from tests.support.twins import Twins


@pytest.fixture
def shared(committed: Twins) -> Books:
    """Books of the first twin that every connection sees."""
    with tenant_context(committed.first):
        return make_books()


def at_once(tenant: TenantRef, count: int, work: Callable[[int], Any]) -> list[Any]:
    """What threads return or raise that begin together in one organisation."""
    barrier = Barrier(count)

    def begin(number: int) -> Any:
        try:
            with tenant_context(tenant):
                barrier.wait()
                return work(number)
        except errors.LedgerRefusal as refusal:
            return type(refusal).__name__
        finally:
            connections.close_all()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(begin, range(count)))


def test_one_key_fifty_times_is_one_entry(shared: Books, committed: Twins) -> None:
    def work(number: int) -> Any:
        return shared.post("bank", "sales", "1", idempotency_key="same", memo="" if number % 5 else "other")

    found = at_once(committed.first, 50, work)
    posted = [one for one in found if not isinstance(one, str)]
    with tenant_context(committed.first):
        entry = JournalEntry.objects.get()
        assert ledger_check(actor=SYSTEM) == []
    assert {one.entry for one in posted} == {entry.id} and len({one.balances for one in posted}) == 1
    assert Counter(one.is_replay for one in posted)[False] == 1
    assert len(posted) == (40 if entry.memo == "" else 10) and found.count("KeyReused") == 50 - len(posted)


def test_of_two_reversals_one_wins(shared: Books, committed: Twins) -> None:
    with tenant_context(committed.first):
        entry = shared.post("bank", "sales", "1").entry
    found = at_once(
        committed.first,
        8,
        lambda number: entry_reverse(entry=entry, date=TODAY, actor=SYSTEM, idempotency_key=f"r{number}"),
    )
    assert found.count("AlreadyReversed") == 7
    with tenant_context(committed.first):
        assert AccountBalance.objects.get(account=shared["bank"]).posted == 0
        assert ledger_check(actor=SYSTEM) == []


def test_opposite_transfers_do_not_lock_each_other_out_and_lose_nothing(shared: Books, committed: Twins) -> None:
    def work(number: int) -> int:
        names = ("bank", "cash") if number % 2 else ("cash", "bank")
        for _ in range(15):
            shared.post(*names, "1", journal="general" if number < 4 else "busy")
        return 15

    assert at_once(committed.first, 8, work) == [15] * 8
    with tenant_context(committed.first):
        assert set(AccountBalance.objects.values_list("posted", "version")) == {(0, 120)}
        assert sorted(JournalEntry.objects.exclude(number=None).values_list("number", flat=True)) == list(range(1, 61))
        assert ledger_check(actor=SYSTEM) == []


def test_the_whole_balance_is_withdrawn_once(shared: Books, committed: Twins) -> None:
    with tenant_context(committed.first):
        shared.post("bank", "wallet", "10")
    found = at_once(committed.first, 10, lambda number: shared.post("wallet", "bank", "10"))
    assert found.count("FloorReached") == 9
    with tenant_context(committed.first):
        assert AccountBalance.objects.get(account=shared["wallet"]).posted == 0


def test_a_hold_is_captured_or_released(shared: Books, committed: Twins) -> None:
    with tenant_context(committed.first):
        shared.post("bank", "wallet", "10")
        values = {"account": shared["wallet"], "currency": "EUR", "amount": Decimal(10), "idempotency_key": "h"}
        hold = hold_place(actor=SYSTEM, **values).hold

    def work(number: int) -> Any:
        if number % 2:
            return shared.post("wallet", "bank", "10", hold=hold)
        return hold_void(hold=hold, actor=SYSTEM)

    assert at_once(committed.first, 6, work).count("HoldEnded") == 5
    with tenant_context(committed.first):
        assert ledger_check(actor=SYSTEM) == []


def test_nothing_slips_into_a_period_while_it_closes(shared: Books, committed: Twins) -> None:
    def work(number: int) -> Any:
        if number == 0:
            return period_lock(area="hard", through=TODAY, actor=SYSTEM)
        if number == 1:
            return journal_number(journal=shared.journals["busy"].id, through=TODAY, actor=SYSTEM)
        if number == 2:
            return [ledger_fold() for _ in range(3)]
        done = 0
        for one in range(10):
            try:
                day = TODAY + timedelta(days=one % 2)
                shared.post("bank", "fees", "1", journal="busy" if number % 2 else "general", date=day)
                done += 1
            except errors.PeriodClosed:
                continue
        return done

    found = at_once(committed.first, 8, work)
    assert not [one for one in found if isinstance(one, str)]
    with tenant_context(committed.first):
        assert PeriodLock.objects.get().through == TODAY
        with pytest.raises(errors.PeriodClosed):
            shared.post("bank", "fees", "1")
        ledger_fold()
        journal_number(journal=shared.journals["busy"].id, through=TODAY + timedelta(days=1), actor=SYSTEM)
        assert ledger_check(actor=SYSTEM) == []
