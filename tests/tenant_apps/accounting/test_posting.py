from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import DatabaseError

from core.actor import ANONYMOUS, SYSTEM, Actor
from core.clock import now
from core.errors import PermissionRefused
from core.ids import uuid7
from core.tenancy import atomic
from tenant_apps.accounting import errors
from tenant_apps.accounting.models import (
    Account,
    AccountBalance,
    ApprovalRule,
    DayTotal,
    Journal,
    JournalEntry,
    JournalLine,
    LedgerSettings,
)
from tenant_apps.accounting.services import Expectation, Line, Source, lock_exception_grant, period_lock
from tenant_apps.events.models import OutboxEvent
from tenant_apps.proofs.models import Leaf
from tests.support.factories.books import TODAY, Books

ONE = Decimal(1)
INVOICE = Source("invoicing", "invoice-1", "issued")


def written() -> tuple[int, ...]:
    """How many rows a posting has left everywhere."""
    tables = (JournalEntry, JournalLine, AccountBalance, DayTotal, Leaf, OutboxEvent)
    return tuple(model._default_manager.count() for model in tables)


def both(books: Books, **values: Any) -> list[Line]:
    """A line and its counterpart that is on the bank account."""
    currency = values.pop("currency", "EUR")
    account = books[values.pop("account", "sales")]
    return [Line(account, currency, credit=ONE, **values), Line(books["bank"], currency, debit=ONE)]


def test_an_entry_leaves_lines_balances_totals_a_leaf_and_an_event(books: Books) -> None:
    posted = books.post("bank", "sales", "12.50", memo="Rent", source=INVOICE)
    entry = JournalEntry.objects.get()
    assert (entry.id, entry.state, entry.number, entry.memo) == (posted.entry, "posted", 1, "Rent")
    assert (entry.posted_at, entry.source_room, entry.created_by_kind) == (posted.posted_at, "invoicing", "system")
    assert list(entry.lines.values_list("position", "account", "debit", "credit", "balance", "version")) == [
        (1, books["bank"], Decimal("12.5"), 0, Decimal("12.5"), 1),
        (2, books["sales"], 0, Decimal("12.5"), Decimal("-12.5"), 1),
    ]
    assert [(one.account, one.posted, one.version) for one in posted.balances] == [
        (books["bank"], Decimal("12.5"), 1),
        (books["sales"], Decimal("12.5"), 1),
    ]
    assert DayTotal.objects.get(account=books["bank"]).base_debit == Decimal("12.5")
    assert Leaf.objects.get().fact_id == entry.id
    event = OutboxEvent.objects.get(kind="accounting.posted")
    assert (event.subject_id, event.payload) == (str(entry.id), {"journal": "GENERAL"})
    assert written() == (1, 2, 2, 2, 1, 1)


def test_the_same_key_gives_the_same_answer_and_another_body_a_refusal(books: Books) -> None:
    first = books.post("bank", "sales", "1.50", idempotency_key="same")
    books.post("bank", "sales", "5")
    before = written()
    again = books.post("bank", "sales", "1.5", idempotency_key="same")
    assert again.is_replay and not first.is_replay
    assert (again.entry, again.number, again.posted_at, again.balances) == (
        first.entry,
        first.number,
        first.posted_at,
        first.balances,
    )
    for change in ({"memo": "other"}, {"date": TODAY + timedelta(days=1)}, {"source": INVOICE}):
        with pytest.raises(errors.KeyReused), atomic():
            books.post("bank", "sales", "1.50", idempotency_key="same", **change)
    with pytest.raises(errors.KeyReused), atomic():
        books.post("bank", "sales", "1.51", idempotency_key="same")
    assert written() == before


def test_a_stored_answer_is_given_after_the_period_closed(books: Books) -> None:
    first = books.post("bank", "sales", "1", idempotency_key="same")
    period_lock(area="hard", through=TODAY, actor=SYSTEM)
    assert books.post("bank", "sales", "1", idempotency_key="same").entry == first.entry


REFUSED: dict[str, tuple[type[Exception], Any]] = {
    "one line": (errors.Unbalanced, lambda books: {"lines": [Line(books["bank"], "EUR", debit=ONE)]}),
    "debits differ from credits": (
        errors.Unbalanced,
        lambda books: {"lines": [Line(books["bank"], "EUR", debit=ONE), Line(books["sales"], "EUR", credit=2 * ONE)]},
    ),
    "currencies mixed": (
        errors.Unbalanced,
        lambda books: {
            "lines": [Line(books["bank"], "EUR", debit=ONE), Line(books["sales"], "USD", credit=ONE, rate=ONE)]
        },
    ),
    "base differs": (
        errors.Unbalanced,
        lambda books: {
            "lines": [
                Line(books["bank"], "USD", debit=ONE, base=ONE),
                Line(books["sales"], "USD", credit=ONE, base=2 * ONE),
            ]
        },
    ),
    "no rate": (errors.RateMissing, lambda books: {"lines": both(books, currency="USD")}),
    "group": (errors.AccountTakesNothing, lambda books: {"lines": both(books, account="group")}),
    "inactive": (
        errors.AccountTakesNothing,
        lambda books: (Account.objects.filter(pk=books["sales"]).update(is_active=False), {})[1],
    ),
    "unknown account": (
        errors.UnknownAccount,
        lambda books: {"lines": [*both(books), Line(uuid7(), "EUR", debit=ONE)]},
    ),
    "other currency": (
        errors.AccountCurrency,
        lambda books: {"lines": [Line(books["cash"], "USD", debit=ONE, rate=ONE), both(books, currency="USD")[0]]},
    ),
    "control account": (errors.ControlAccount, lambda books: {"lines": both(books, account="receivable")}),
    "control account of another room": (
        errors.ControlAccount,
        lambda books: {"lines": both(books, account="receivable"), "source": Source("sales", "1", "x")},
    ),
    "floor": (
        errors.FloorReached,
        lambda books: {"lines": [Line(books["wallet"], "EUR", debit=ONE), Line(books["bank"], "EUR", credit=ONE)]},
    ),
    "inactive journal": (
        errors.JournalInactive,
        lambda books: (Journal.objects.filter(code="GENERAL").update(is_active=False), {})[1],
    ),
    "closed books": (errors.BooksNotOpen, lambda books: (LedgerSettings.objects.all().delete(), {})[1]),
    "too many decimals": (errors.LinesInvalid, lambda books: {"lines": [Line(books["bank"], "EUR", Decimal("0.001"))]}),
    "NaN": (errors.LinesInvalid, lambda books: {"lines": [Line(books["bank"], "EUR", Decimal("NaN"))]}),
    "negative": (errors.LinesInvalid, lambda books: {"lines": [Line(books["bank"], "EUR", -ONE)]}),
    "no currency": (errors.LinesInvalid, lambda books: {"lines": [Line(books["bank"], "XXQ", ONE)]}),
    "both sides": (errors.LinesInvalid, lambda books: {"lines": [Line(books["bank"], "EUR", ONE, ONE)]}),
    "float": (TypeError, lambda books: {"lines": [Line(books["bank"], "EUR", 1.5)]}),  # type: ignore[arg-type]
    "unknown expectation": (
        errors.LinesInvalid,
        lambda books: {"expect": [Expectation(books["rent"], "EUR", version=1)]},
    ),
    "stranger": (PermissionRefused, lambda books: {"actor": ANONYMOUS}),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_wrong_is_refused_by_name_and_leaves_nothing(books: Books, name: str) -> None:
    kind, change = REFUSED[name]
    values = {"lines": both(books)} | change(books)
    with pytest.raises(kind), atomic():
        books.post("bank", "sales", "1", **values)
    assert written() == (0, 0, 0, 0, 0, 0)


def test_a_room_posts_to_its_control_account_and_once_for_an_event(books: Books) -> None:
    books.post("receivable", "sales", "1", source=INVOICE)
    with pytest.raises(errors.AlreadyPosted), atomic():
        books.post("receivable", "sales", "1", source=INVOICE)


def test_amounts_in_another_currency_are_converted_to_the_cent_half_up(books: Books) -> None:
    lines = [
        Line(books["dollars"], "USD", debit=Decimal("0.10"), rate=Decimal("0.05")),
        Line(books["sales"], "USD", credit=Decimal("0.10"), base=Decimal("0.01")),
    ]
    books.post("bank", "sales", "1", lines=lines)
    assert list(JournalLine.objects.order_by("position").values_list("base_debit", "base_credit", "rate")) == [
        (Decimal("0.01"), 0, Decimal("0.05")),
        (0, Decimal("0.01"), None),
    ]


def test_a_holding_is_revalued_by_lines_without_an_amount(books: Books) -> None:
    lines = [
        Line(books["dollars"], "USD", base=Decimal("0.02")),
        Line(books["sales"], "USD", base=Decimal("0.02"), base_is_credit=True),
    ]
    books.post("bank", "sales", "1", lines=lines)
    balance = AccountBalance.objects.get(account=books["dollars"])
    assert (balance.posted, balance.base) == (0, Decimal("0.02"))


def test_an_account_may_stand_on_several_lines_and_pass_below_its_floor_in_between(books: Books) -> None:
    lines = [
        Line(books["wallet"], "EUR", debit=ONE),
        Line(books["wallet"], "EUR", credit=2 * ONE),
        Line(books["bank"], "EUR", debit=ONE),
    ]
    posted = books.post("bank", "sales", "1", lines=lines)
    assert [(one.posted, one.version) for one in posted.balances if one.account == books["wallet"]] == [(ONE, 2)]


def test_what_the_caller_saw_must_still_be_true(books: Books) -> None:
    books.post("bank", "wallet", "10")
    fine = [Expectation(books["wallet"], "EUR", version=1, available=Decimal(10))]
    books.post("wallet", "bank", "4", expect=fine)
    for expected in ({"version": 1}, {"available": Decimal("6.01")}):
        with pytest.raises(errors.PreconditionFailed) as refusal, atomic():
            books.post("wallet", "bank", "1", expect=[Expectation(books["wallet"], "EUR", **expected)])
        facts = refusal.value.facts
        assert (facts["version"], facts["posted"], facts["held"]) == (2, Decimal(6), 0)
        assert refusal.value.status == 409
    assert AccountBalance.objects.get(account=books["wallet"]).posted == Decimal(-6)


LOCKS = [("hard", "general"), ("all", "general"), ("sales", "sales")]


@pytest.mark.parametrize(("area", "journal"), LOCKS)
def test_a_closed_period_takes_nothing(books: Books, area: str, journal: str) -> None:
    period_lock(area=area, through=TODAY, actor=SYSTEM)
    for day in (TODAY, TODAY - timedelta(days=400)):
        with pytest.raises(errors.PeriodClosed) as refusal, atomic():
            books.post("bank", "sales", "1", journal=journal, date=day)
        assert refusal.value.facts["area"] == area
    books.post("bank", "sales", "1", journal=journal, date=TODAY + timedelta(days=1))
    if area == "sales":
        books.post("bank", "sales", "1")


def test_the_tax_lock_is_about_tax_accounts(books: Books) -> None:
    period_lock(area="tax", through=TODAY, actor=SYSTEM)
    books.post("bank", "sales", "1")
    with pytest.raises(errors.PeriodClosed), atomic():
        books.post("bank", "tax", "1")


def test_a_soft_lock_moves_back_and_lets_a_person_through_for_a_while(books: Books) -> None:
    person = Actor("user", "ann", "Ann", permissions=frozenset({"accounting.post"}))
    other = Actor("user", "bob", "Bob", permissions=person.permissions)
    cfo = Actor("user", "cfo", "Cara", permissions=frozenset({"accounting.grant_exception"}))
    values = {"requested_by": "ann", "starts_on": TODAY, "ends_on": TODAY, "reason": "Late invoice"}
    period_lock(area="all", through=TODAY, actor=SYSTEM)
    lock_exception_grant(area="all", person="ann", expires_at=now() + timedelta(hours=1), actor=cfo, **values)
    lock_exception_grant(area="all", person="bob", expires_at=now() - timedelta(hours=1), actor=cfo, **values)
    with pytest.raises(errors.SelfApproval):
        lock_exception_grant(area="all", person="cfo", expires_at=now(), actor=cfo, **values)
    books.post("bank", "sales", "1", actor=person)
    for refused in ({"actor": other}, {"actor": person, "date": TODAY - timedelta(days=1)}):
        with pytest.raises(errors.PeriodClosed), atomic():
            books.post("bank", "sales", "1", **refused)
    period_lock(area="hard", through=TODAY, actor=SYSTEM)
    with pytest.raises(errors.PeriodClosed), atomic():
        books.post("bank", "sales", "1", actor=person)
    with pytest.raises(errors.HardLock):
        period_lock(area="hard", through=TODAY - timedelta(days=1), actor=SYSTEM)
    period_lock(area="all", through=TODAY - timedelta(days=30), actor=SYSTEM)


def test_numbers_begin_anew_with_the_year_and_a_refusal_returns_its_number(books: Books) -> None:
    assert books.post("bank", "sales", "1", date=date(2025, 12, 31)).number == 1
    assert books.post("bank", "sales", "1", date=date(2026, 1, 1)).number == 1
    with pytest.raises(errors.FloorReached), atomic():
        books.post("wallet", "sales", "1", date=date(2026, 1, 1))
    assert books.post("bank", "sales", "1", date=date(2026, 12, 31)).number == 2
    assert books.post("bank", "sales", "1", journal="busy").number is None


def test_entries_made_by_hand_need_a_second_person_from_an_amount_on(books: Books) -> None:
    ApprovalRule.objects.create(journal=books.journals["general"], from_amount=Decimal(100))
    books.post("bank", "sales", "99.99")
    with pytest.raises(errors.ApprovalNeeded) as refusal, atomic():
        books.post("bank", "sales", "100")
    assert "100" in str(refusal.value)
    books.post("bank", "sales", "100", source=INVOICE)


def test_an_id_of_the_caller_is_used_once(books: Books) -> None:
    entry = uuid7()
    assert books.post("bank", "sales", "1", entry=entry).entry == entry
    with pytest.raises(errors.AlreadyPosted), atomic():
        books.post("bank", "sales", "1", entry=entry)


def test_an_error_of_the_database_itself_is_not_a_refusal(books: Books) -> None:
    with pytest.raises(DatabaseError), atomic():
        books.post("bank", "sales", "1", journal="general", idempotency_key="k" * 256)
