from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from core.actor import SYSTEM
from core.clock import now
from core.errors import Unprocessable
from core.ids import uuid7
from core.tenancy import atomic
from tenant_apps.accounting import errors
from tenant_apps.accounting.models import AccountBalance, Hold, HoldEnding
from tenant_apps.accounting.services import Expectation, Held, hold_place, hold_void, holds_expire
from tenant_apps.accounting.services.calls import ledger_call
from tests.support.factories.books import Books


def hold(books: Books, amount: str = "6", **values: Any) -> Held:
    given = {"account": books["wallet"], "currency": "EUR", "amount": Decimal(amount), "actor": SYSTEM}
    return hold_place(**(given | {"idempotency_key": f"hold-{amount}"} | values))


def wallet(books: Books) -> tuple[Decimal, Decimal]:
    return AccountBalance.objects.values_list("posted", "held").get(account=books["wallet"])


def test_what_is_held_is_not_available(books: Books) -> None:
    books.post("bank", "wallet", "10")
    held = hold(books)
    assert (held.posted, held.held, held.available) == (10, 6, 4)
    assert hold(books).hold == held.hold and hold(books).is_replay
    with pytest.raises(errors.KeyReused), atomic():
        hold(books, "5", idempotency_key="hold-6")
    with pytest.raises(errors.FloorReached) as refusal, atomic():
        hold(books, "4.01")
    assert refusal.value.facts["available"] == 4
    with pytest.raises(errors.FloorReached), atomic():
        books.post("wallet", "bank", "4.01")
    with pytest.raises(errors.PreconditionFailed), atomic():
        books.post("wallet", "bank", "1", expect=[Expectation(books["wallet"], "EUR", available=Decimal(5))])
    books.post("wallet", "bank", "4")
    assert wallet(books) == (-6, 6)


def test_a_hold_is_captured_once_and_in_part(books: Books) -> None:
    books.post("bank", "wallet", "10")
    held = hold(books)
    with pytest.raises(errors.HoldTooSmall), atomic():
        books.post("wallet", "bank", "6.01", hold=held.hold)
    with pytest.raises(errors.HoldElsewhere), atomic():
        books.post("bank", "sales", "1", hold=held.hold)
    posted = books.post("wallet", "bank", "5", hold=held.hold)
    assert wallet(books) == (-5, 0)
    assert HoldEnding.objects.values_list("kind", "entry").get() == ("captured", posted.entry)
    with pytest.raises(errors.HoldEnded), atomic():
        books.post("wallet", "bank", "1", hold=held.hold)
    with pytest.raises(errors.HoldEnded), atomic():
        hold_void(hold=held.hold, actor=SYSTEM)
    with pytest.raises(errors.UnknownHold), atomic():
        hold_void(hold=uuid7(), actor=SYSTEM)


def test_a_hold_is_released_by_hand_or_when_its_time_is_over(books: Books) -> None:
    books.post("bank", "wallet", "10")
    released = hold_void(hold=hold(books).hold, actor=SYSTEM)
    assert (released.held, released.available) == (0, 10)
    late = hold(books, "3", expires_at=now() - timedelta(seconds=1))
    running = hold(books, "2", expires_at=now() + timedelta(hours=1))
    with pytest.raises(errors.HoldEnded), atomic():
        books.post("wallet", "bank", "1", hold=late.hold)
    with pytest.raises(errors.HoldRuns), atomic():
        ledger_call("SELECT accounting_hold_end(%s, 'expired', 'system', '')", [running.hold])
    assert (holds_expire(), holds_expire()) == (1, 0)
    assert wallet(books) == (-10, 2)


@pytest.mark.parametrize("amount", ["0", "-1", "NaN", "0.001"])
def test_a_hold_is_an_amount(books: Books, amount: str) -> None:
    with pytest.raises(Unprocessable):
        hold(books, amount)
    assert not Hold.objects.exists()


@pytest.mark.parametrize(
    ("account", "currency", "error"),
    [
        ("fees", "EUR", errors.AccountTakesNothing),
        ("group", "EUR", errors.AccountTakesNothing),
        ("cash", "USD", errors.AccountCurrency),
        ("receivable", "EUR", errors.ControlAccount),
    ],
)
def test_an_account_that_takes_no_lines_holds_nothing(
    books: Books, account: str, currency: str, error: type[Exception]
) -> None:
    with pytest.raises(error), atomic():
        hold(books, account=books[account], currency=currency)
