from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from core.actor import ANONYMOUS, SYSTEM
from core.errors import PermissionRefused, Unprocessable
from core.ids import uuid7
from tenant_apps.accounting.models import AccountBalance, JournalEntry, JournalLine
from tenant_apps.accounting.services import (
    BatchRefused,
    Line,
    NewEntry,
    Source,
    entries_post,
    ledger_check,
    period_lock,
)
from tests.support.factories.books import TODAY, Books


def new(books: Books, debit: str = "bank", credit: str = "sales", amount: str = "1", **values: Any) -> NewEntry:
    lines = [
        Line(books[debit], "EUR", debit=Decimal(amount)),
        Line(books[credit], "EUR", credit=Decimal(amount)),
    ]
    given = {"journal": books.journals["general"].id, "date": TODAY, "lines": lines}
    return NewEntry(**(given | {"idempotency_key": f"bulk-{next(books.keys)}"} | values))


def post(*entries: NewEntry, **values: Any) -> list[str]:
    """The codes of the errors, empty for what was posted."""
    outcomes = entries_post(entries=entries, actor=SYSTEM, **values)
    return [one.error.code if one.error else "" for one in outcomes]


def test_a_batch_is_what_its_entries_are_one_by_one(books: Books) -> None:
    books.post("bank", "sales", "100")
    dollars = [
        Line(books["dollars"], "USD", debit=Decimal(10), rate=Decimal("0.9137"), memo="Ten"),
        Line(books["sales"], "USD", credit=Decimal(10), base=Decimal("9.14")),
    ]
    batch = [
        new(books, amount="1", memo='Ünï "quoted" \\'),
        new(books, "bank", "fees", "2", date=TODAY - timedelta(days=1)),
        new(books, lines=dollars),
        new(books, "receivable", "sales", "4", source=Source("invoicing", "1", "issued")),
        new(books, "bank", "wallet", "5", journal=books.journals["busy"].id),
        new(books, "rent", "bank", "6", date=TODAY - timedelta(days=365)),
    ]
    outcomes = entries_post(entries=batch, actor=SYSTEM)
    assert [one.error for one in outcomes] == [None] * 6
    assert [one.number for one in outcomes] == [2, 3, 4, 5, None, 1]
    assert [one.entry for one in outcomes] == list(
        JournalEntry.objects.filter(idempotency_key__startswith="bulk").order_by("id").values_list("id", flat=True)
    )
    lines = JournalLine.objects.filter(account=books["bank"]).order_by("version")
    assert list(lines.values_list("version", "balance")) == [(1, 100), (2, 101), (3, 103), (4, 108), (5, 102)]
    assert ledger_check(actor=SYSTEM) == []
    again = entries_post(entries=batch, actor=SYSTEM)
    assert [one.is_replay for one in again] == [True] * 6
    assert [(one.entry, one.number) for one in again] == [(one.entry, one.number) for one in outcomes]
    books.post("bank", "sales", "1", idempotency_key=batch[0].idempotency_key, memo=batch[0].memo)
    assert JournalEntry.objects.count() == 7


def test_each_entry_says_why_it_was_refused_and_the_others_stand(books: Books) -> None:
    period_lock(area="hard", through=TODAY - timedelta(days=10), actor=SYSTEM)
    taken = new(books, idempotency_key="same")
    batch = [
        (new(books), ""),
        (new(books, journal=uuid7()), "unknown_journal"),
        (new(books, date=TODAY - timedelta(days=10)), "period_closed"),
        (new(books, "group"), "account_takes_nothing"),
        (new(books, "receivable"), "control_account"),
        (
            new(books, lines=[Line(uuid7(), "EUR", debit=Decimal(1)), Line(books["bank"], "EUR", credit=Decimal(1))]),
            "unknown_account",
        ),
        (new(books, lines=[Line(books["cash"], "USD", debit=Decimal(1), rate=Decimal(1))] * 2), "account_currency"),
        (new(books, lines=[Line(books["bank"], "USD", debit=Decimal(1))] * 2), "rate_missing"),
        (new(books, lines=[Line(books["bank"], "EUR", debit=Decimal(1))] * 2), "unbalanced"),
        (new(books, lines=[]), "unbalanced"),
        (new(books, lines=[Line(books["bank"], "EUR", debit=Decimal("0.001"))]), "lines_invalid"),
        (taken, ""),
        (new(books, idempotency_key="same", amount="2"), "key_reused"),
        (new(books, source=Source("sales", "1", "x")), ""),
        (new(books, source=Source("sales", "1", "x")), "already_posted"),
    ]
    entries = [entry for entry, _code in batch]
    found = entries_post(entries=entries, actor=SYSTEM)
    assert [one.error.code if one.error else "" for one in found] == [code for _entry, code in batch]
    assert [one.number for one in found if one.number] == [1, 2, 3]
    assert all(str(one.error) for one in found if one.error)
    assert ledger_check(actor=SYSTEM) == []


def test_a_floor_is_kept_in_the_order_of_the_batch(books: Books) -> None:
    batch = [
        new(books, "bank", "wallet", "10"),
        new(books, "wallet", "bank", "6"),
        new(books, "wallet", "bank", "6"),
        new(books, "bank", "wallet", "10"),
        new(books, "wallet", "bank", "14"),
    ]
    assert post(*batch) == ["", "", "floor_reached", "", ""]
    assert AccountBalance.objects.get(account=books["wallet"]).posted == 0
    assert ledger_check(actor=SYSTEM) == []


def test_a_batch_is_posted_as_a_whole_if_asked(books: Books) -> None:
    with pytest.raises(BatchRefused) as refusal:
        post(new(books), new(books, "group"), whole=True)
    assert [one.error is None for one in refusal.value.outcomes] == [True, False]
    assert not JournalEntry.objects.exists() and not AccountBalance.objects.exists()
    assert post(new(books), new(books), whole=True) == ["", ""]


def test_who_may_not_post_posts_nothing_and_nobody_too_much(books: Books) -> None:
    with pytest.raises(PermissionRefused):
        entries_post(entries=[new(books)], actor=ANONYMOUS)
    with pytest.raises(Unprocessable):
        entries_post(entries=[new(books)] * 10_001, actor=SYSTEM)
    assert entries_post(entries=[], actor=SYSTEM) == []
    assert not JournalEntry.objects.exists()
