"""Random bookkeeping against a plain Python ledger: both must say the same, to the cent."""

from collections import defaultdict
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.actor import SYSTEM
from core.tenancy import atomic
from tenant_apps.accounting import errors
from tenant_apps.accounting.selectors import balance_get, trial_balance
from tenant_apps.accounting.services import (
    Line,
    entry_reverse,
    hold_place,
    hold_void,
    ledger_check,
    ledger_fold,
    period_lock,
)
from tests.support.factories.books import TODAY, Books

FLOORED = {"wallet", "other wallet"}
CREDIT = {"sales", "fees", "wallet", "other wallet"}
NAMES = ("bank", "cash", "sales", "rent", "fees", "wallet", "other wallet")
RATE = Decimal("0.9137")


class Undo(Exception):
    """Leaves nothing of an example behind."""


class PlainLedger:
    """What the books must be: sums by account and currency, by day, and what is held."""

    def __init__(self) -> None:
        self.amounts: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
        self.days: dict[tuple[str, str, date], Decimal] = defaultdict(Decimal)
        self.base: dict[str, Decimal] = defaultdict(Decimal)
        self.held: dict[str, Decimal] = defaultdict(Decimal)
        self.entries: dict[Any, tuple[date, list[tuple[str, str, Decimal, Decimal]]]] = {}
        self.answers: dict[str, Any] = {}
        self.holds: dict[Any, tuple[str, Decimal]] = {}
        self.undone: set[Any] = set()
        self.locked = TODAY - timedelta(days=42)

    def refusal(self, day: date, moves: list[tuple[str, str, Decimal, Decimal]]) -> type[Exception] | None:
        """Why a posting must be refused; moves are account, currency, debit less credit, the same in base."""
        if day <= self.locked:
            return errors.PeriodClosed
        changed: dict[str, Decimal] = defaultdict(Decimal)
        for name, currency, amount, _base in moves:
            if currency == "EUR":
                changed[name] += amount
        for name in FLOORED & set(changed):
            if changed[name] > 0 and -(self.amounts[name, "EUR"] + changed[name]) < self.held[name]:
                return errors.FloorReached
        return None

    def post(self, entry: Any, day: date, moves: list[tuple[str, str, Decimal, Decimal]]) -> None:
        self.entries[entry] = (day, moves)
        for name, currency, amount, base in moves:
            self.amounts[name, currency] += amount
            self.days[name, currency, day] += amount
            self.base[name] += base


def expect(kind: type[Exception] | None, action: Callable[[], Any]) -> Any:
    """The result of an action that must be refused with `kind`, or not at all."""
    try:
        with atomic():
            done = action()
    except errors.LedgerRefusal as refusal:
        assert kind is not None and type(refusal) is kind, (kind, refusal)
        return None
    assert kind is None, kind
    return done


def post(books: Books, plain: PlainLedger, random: Random) -> None:
    first, second = random.sample(NAMES, 2)
    amount = Decimal(random.randint(1, 5_000)) / 100
    day = TODAY + timedelta(days=random.randint(-40, 40))
    foreign = random.random() < 0.2 and not {first, second} & {"cash", *FLOORED}
    currency, rate = ("USD", RATE) if foreign else ("EUR", None)
    base = (amount * RATE).quantize(Decimal("0.01"), rounding="ROUND_HALF_UP") if foreign else amount
    moves = [(first, currency, amount, base), (second, currency, -amount, -base)]
    lines = [
        Line(books[first], currency, debit=amount, rate=rate),
        Line(books[second], currency, credit=amount, rate=rate),
    ]
    key = f"step-{next(books.keys)}"
    values = {"lines": lines, "date": day, "idempotency_key": key, "journal": random.choice(["general", "busy"])}
    posted = expect(plain.refusal(day, moves), lambda: books.post("bank", "sales", "1", **values))
    if posted is not None:
        plain.post(posted.entry, day, moves)
        plain.answers[key] = (posted, values)


def repeat(books: Books, plain: PlainLedger, random: Random) -> None:
    if plain.answers:
        posted, values = plain.answers[random.choice(sorted(plain.answers))]
        again = books.post("bank", "sales", "1", **values)
        assert (again.entry, again.number, again.balances) == (posted.entry, posted.number, posted.balances)
        expect(errors.KeyReused, lambda: books.post("bank", "sales", "1", **(values | {"memo": "other"})))


def reverse(books: Books, plain: PlainLedger, random: Random) -> None:
    if plain.entries:
        entry = random.choice(list(plain.entries))
        _day, moves = plain.entries[entry]
        back = [(name, currency, -amount, -base) for name, currency, amount, base in moves]
        day = TODAY + timedelta(days=random.randint(0, 40))
        kind = plain.refusal(day, back)
        key = f"reverse-{next(books.keys)}"
        if entry in plain.undone:
            kind = kind if kind is errors.PeriodClosed else errors.AlreadyReversed
        done = expect(kind, lambda: entry_reverse(entry=entry, date=day, actor=SYSTEM, idempotency_key=key))
        if done is not None:
            plain.post(done.entry, day, back)
            plain.undone.add(entry)


def hold(books: Books, plain: PlainLedger, random: Random) -> None:
    name, amount = random.choice(sorted(FLOORED)), Decimal(random.randint(1, 2_000)) / 100
    kind = errors.FloorReached if -plain.amounts[name, "EUR"] < plain.held[name] + amount else None
    values = {"account": books[name], "currency": "EUR", "amount": amount, "idempotency_key": f"h{next(books.keys)}"}
    held = expect(kind, lambda: hold_place(actor=SYSTEM, **values))
    if held is not None:
        plain.held[name] += amount
        plain.holds[held.hold] = (name, amount)


def release(books: Books, plain: PlainLedger, random: Random) -> None:
    if plain.holds:
        identity = random.choice(list(plain.holds))
        name, amount = plain.holds.pop(identity)
        hold_void(hold=identity, actor=SYSTEM)
        plain.held[name] -= amount


def fold(books: Books, plain: PlainLedger, random: Random) -> None:
    ledger_fold(limit=random.randint(1, 50))


def lock(books: Books, plain: PlainLedger, random: Random) -> None:
    plain.locked += timedelta(days=random.randint(0, 3))
    period_lock(area="hard", through=plain.locked, actor=SYSTEM)


WEIGHTS: dict[Callable[[Books, PlainLedger, Random], None], int] = {
    post: 60,
    repeat: 8,
    reverse: 12,
    hold: 8,
    release: 6,
    fold: 4,
    lock: 2,
}


def compare(books: Books, plain: PlainLedger) -> None:
    for name in NAMES:
        sign = -1 if name in CREDIT else 1
        for currency in ("EUR", "USD"):
            state = balance_get(account=books[name], currency=currency)
            assert state.posted == sign * plain.amounts[name, currency], (name, currency)
        assert balance_get(account=books[name], currency="EUR").held == plain.held[name]
    names = {account.id: name for name, account in books.accounts.items()}
    for day in (None, TODAY, TODAY + timedelta(days=7)):
        due: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
        for (name, currency, dated), amount in plain.days.items():
            if day is None or dated <= day:
                due[name, currency] += amount
        found = {(names[row.account], row.currency): row.amount for row in trial_balance(as_of=day)}
        assert {key: amount for key, amount in due.items() if amount} == {k: v for k, v in found.items() if v}
    base: dict[str, Decimal] = defaultdict(Decimal)
    for row in trial_balance():
        base[names[row.account]] += row.base
    assert {name: amount for name, amount in plain.base.items() if amount} == {k: v for k, v in base.items() if v}
    assert ledger_check(actor=SYSTEM) == []


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 2**32))
def test_the_books_are_those_of_a_plain_ledger(books: Books, seed: int) -> None:
    random, plain = Random(seed), PlainLedger()
    with pytest.raises(Undo), atomic():
        for _ in range(60):
            random.choices(list(WEIGHTS), list(WEIGHTS.values()))[0](books, plain, random)
        compare(books, plain)
        raise Undo
