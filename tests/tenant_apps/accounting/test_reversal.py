from datetime import timedelta
from decimal import Decimal

import pytest

from core.actor import SYSTEM
from core.errors import NotFound
from core.ids import uuid7
from core.tenancy import atomic
from tenant_apps.accounting import errors
from tenant_apps.accounting.models import AccountBalance, JournalEntry
from tenant_apps.accounting.services import Line, Source, entry_draft_save, entry_reverse, period_lock
from tests.support.factories.books import TODAY, Books

TOMORROW = TODAY + timedelta(days=1)


def test_a_reversal_exchanges_the_sides_on_a_date_of_its_own(books: Books) -> None:
    lines = [
        Line(books["dollars"], "USD", debit=Decimal(10), rate=Decimal("0.91"), memo="Ten"),
        Line(books["sales"], "USD", credit=Decimal(10), base=Decimal("9.10")),
    ]
    entry = books.post("bank", "sales", "1", lines=lines).entry
    period_lock(area="all", through=TODAY, actor=SYSTEM)
    with pytest.raises(errors.PeriodClosed), atomic():
        entry_reverse(entry=entry, date=TODAY, actor=SYSTEM, idempotency_key="r")
    reversal = entry_reverse(entry=entry, date=TOMORROW, actor=SYSTEM, idempotency_key="r", memo="Wrong customer")
    assert list(JournalEntry.objects.order_by("id").values_list("state", "date", "reverses", "number")) == [
        ("reversed", TODAY, None, 1),
        ("posted", TOMORROW, entry, 2),
    ]
    assert set(AccountBalance.objects.values_list("posted", "base", "version")) == {(0, 0, 2)}
    again = entry_reverse(entry=entry, date=TOMORROW, actor=SYSTEM, idempotency_key="r", memo="Wrong customer")
    assert again.is_replay and again.entry == reversal.entry
    with pytest.raises(errors.AlreadyReversed), atomic():
        entry_reverse(entry=entry, date=TOMORROW, actor=SYSTEM, idempotency_key="r2")
    # A reversal can be reversed: the books show all three.
    entry_reverse(entry=reversal.entry, date=TOMORROW, actor=SYSTEM, idempotency_key="r3")
    assert AccountBalance.objects.get(account=books["dollars"]).base == Decimal("9.1")


def test_what_a_room_posted_is_undone_by_that_room(books: Books) -> None:
    entry = books.post("receivable", "sales", "1", source=Source("invoicing", "1", "issued")).entry
    for source in (None, Source("sales", "1", "cancelled")):
        with pytest.raises(errors.HeldByItsRoom):
            entry_reverse(entry=entry, date=TODAY, actor=SYSTEM, idempotency_key="r", source=source)
    undone = Source("invoicing", "1", "cancelled")
    entry_reverse(entry=entry, date=TODAY, actor=SYSTEM, idempotency_key="r", source=undone)


def test_only_posted_entries_are_reversed(books: Books) -> None:
    draft = entry_draft_save(journal=books.journals["general"].id, date=TODAY, lines=[], actor=SYSTEM)
    with pytest.raises(errors.NotADraft):
        entry_reverse(entry=draft.id, date=TODAY, actor=SYSTEM, idempotency_key="r")
    with pytest.raises(NotFound):
        entry_reverse(entry=uuid7(), date=TODAY, actor=SYSTEM, idempotency_key="r")
