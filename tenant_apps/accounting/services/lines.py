"""What is to be posted, and how it is written for the ledger's functions."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Any
from uuid import UUID

from core.currencies import currency_of
from core.errors import FieldError, LiveryError
from core.money import MAX_AMOUNT
from tenant_apps.accounting.errors import LinesInvalid

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Line:
    """One side of an entry. Amounts are positive, in the line's currency; either `debit` or `credit` is given.

    In another currency than that of the books, `base` is the amount in the latter, or `rate` what one unit is worth. A
    line with a `base` alone adjusts the value of a holding; `base_side` then says where it stands.
    """

    account: UUID
    currency: str
    debit: Decimal = ZERO
    credit: Decimal = ZERO
    base: Decimal | None = None
    rate: Decimal | None = None
    rate_row: int | None = None
    contact: UUID | None = None
    dimensions: int | None = None
    memo: str = ""
    base_is_credit: bool = False


@dataclass(frozen=True, slots=True)
class Source:
    """What an entry is posted for: a room, its object and what happened to it."""

    room: str
    id: str
    event: str


@dataclass(frozen=True, slots=True)
class Expectation:
    """What the caller last saw of an account of the entry: its version, or the least that must be available."""

    account: UUID
    currency: str
    version: int | None = None
    available: Decimal | None = None


@cache
def _decimals(currency: str) -> int:
    return currency_of(currency).exponent


def amount_text(value: Decimal, decimals: int) -> str:
    """An amount as the ledger reads it, without needless zeros; raises ValueError with the reason."""
    if not isinstance(value, Decimal):
        raise TypeError(f"Amounts are Decimal, not {type(value).__name__}.")
    if not value.is_finite() or value < 0 or value > MAX_AMOUNT:
        raise ValueError("Write a positive amount of at most twenty digits.")
    text = f"{value.normalize():f}" if value else "0"
    if len(text.partition(".")[2]) > decimals:
        raise ValueError(f"At most {decimals} decimals are allowed here.")
    return text


@dataclass(frozen=True, slots=True)
class Written:
    """Lines as parameters, in the order of account and currency, which is the order of all locks.

    `places` are the lines' positions in the entry, from 1. `optional` has what not every entry has.
    """

    places: list[int]
    required: tuple[str, ...]
    optional: dict[str, list[Any]]


def write_lines(lines: Sequence[Line], expect: Sequence[Expectation] = ()) -> Written:
    """Put lines into the ledger's order and check their shape; raises LinesInvalid with every fault."""
    errors: list[FieldError] = []
    texts = [_amounts(line, number, errors) for number, line in enumerate(lines)]
    if errors:
        raise LinesInvalid(errors=errors)
    order = sorted(range(len(lines)), key=lambda index: (lines[index].account.int, lines[index].currency))
    chosen = [lines[index] for index in order]
    places = [index + 1 for index in order]
    required = (
        "{" + ",".join(map(str, places)) + "}",
        "{" + ",".join([str(line.account) for line in chosen]) + "}",
        "{" + ",".join([line.currency for line in chosen]) + "}",
        "{" + ",".join([texts[index][0] for index in order]) + "}",
        "{" + ",".join([texts[index][1] for index in order]) + "}",
    )
    return Written(places, required, {**_optional(chosen), **_expected(chosen, expect)})


def _amounts(line: Line, number: int, errors: list[FieldError]) -> tuple[str, str]:
    field = "debit"
    try:
        decimals = _decimals(line.currency)
        debit = amount_text(line.debit, decimals)
        field = "credit"
        credit = amount_text(line.credit, decimals)
        field = "debit"
        if (debit == "0") == (credit == "0") and not (debit == credit and line.base):
            raise ValueError("Write either a debit or a credit.")
        field = "base"
        if line.base is not None:
            amount_text(line.base, 8)
        return debit, credit
    except (ValueError, LiveryError) as error:
        field = "currency" if isinstance(error, LiveryError) else field
        errors.append({"field": f"lines.{number}.{field}", "code": "invalid", "message": str(error)})
        return "0", "0"


def _optional(lines: Sequence[Line]) -> dict[str, list[Any]]:
    given: dict[str, list[Any]] = {
        "p_rates": [line.rate for line in lines],
        "p_rate_rows": [line.rate_row for line in lines],
        "p_contacts": [line.contact for line in lines],
        "p_dimensions": [line.dimensions for line in lines],
    }
    found = {name: values for name, values in given.items() if any(value is not None for value in values)}
    if any(line.memo for line in lines):
        found["p_memos"] = [line.memo.replace("\x00", "") for line in lines]
    if any(line.base is not None for line in lines):
        sides = [(line.base, line.credit > 0 or (not line.debit and line.base_is_credit)) for line in lines]
        found["p_base_debits"] = [base if base is None or not is_credit else ZERO for base, is_credit in sides]
        found["p_base_credits"] = [base if base is None or is_credit else ZERO for base, is_credit in sides]
    return found


def _expected(lines: Sequence[Line], expect: Sequence[Expectation]) -> dict[str, list[Any]]:
    if not expect:
        return {}
    versions: list[int | None] = [None] * len(lines)
    available: list[Decimal | None] = [None] * len(lines)
    keys = [(line.account, line.currency) for line in lines]
    for one in expect:
        if (one.account, one.currency) not in keys:
            raise LinesInvalid("An expectation is about an account that the entry does not touch.")
        first = keys.index((one.account, one.currency))
        versions[first], available[first] = one.version, one.available
    return {"p_expect_versions": versions, "p_expect_available": available}
