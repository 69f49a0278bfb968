import re
from collections.abc import Iterable, Sequence
from copy import copy
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal, InvalidOperation, Overflow, localcontext
from fractions import Fraction
from typing import Any

from babel import Locale
from babel.numbers import get_currency_symbol
from django.db import models

from core.currencies import STORED_DECIMALS, currency_of
from core.errors import Unprocessable

# NUMERIC(28,8): twenty digits before the point and eight after it.
STORED_DIGITS = 28
MAX_AMOUNT = Decimal(10) ** (STORED_DIGITS - STORED_DECIMALS) - Decimal(1).scaleb(-STORED_DECIMALS)
# Unrounded products of prices, quantities and rates may carry this many decimals until they are rounded.
_UNROUNDED_DECIMALS = 60
# Wide enough to hold every digit of a product of two bounded numbers; only `quantize` rounds in it.
_WIDE = Context(prec=200, rounding=ROUND_HALF_UP, traps=[InvalidOperation, Overflow])
_WRITTEN = re.compile(r"(-?)(0|[1-9][0-9]{0,19})(?:\.([0-9]{1,60}))?")


class InvalidAmount(Unprocessable):
    """The value is no amount: not a number, not finite, out of bounds or with too many decimals."""

    code = "invalid_amount"
    title = "The amount is not valid"


class CurrencyMismatch(Unprocessable):
    """Amounts of two currencies were put together without a rate."""

    code = "currency_mismatch"
    title = "The currencies differ"


@dataclass(frozen=True, slots=True)
class Money:
    """An amount of one currency or wallet unit; it may be unrounded until `rounded` is called.

    Raises InvalidAmount for NaN, infinities and amounts beyond NUMERIC(28,8), UnknownCurrency, TypeError for a float.
    """

    amount: Decimal
    currency: str

    def __post_init__(self) -> None:
        currency_of(self.currency)
        object.__setattr__(self, "amount", _bounded(_decimal(self.amount)))

    @classmethod
    def parse(cls, written: str | int, currency: str, *, decimals: int | None = None) -> "Money":
        """Read an amount from outside; more decimals than the currency has are refused unless `decimals` allows them.

        Raises InvalidAmount, UnknownCurrency.
        """
        places = currency_of(currency).exponent if decimals is None else decimals
        return cls(parse_amount(written, decimals=places), currency)

    @classmethod
    def from_minor_units(cls, units: int, currency: str) -> "Money":
        """The amount of so many cents, yen, fils or satoshi."""
        return cls(
            Decimal(units).scaleb(-currency_of(currency).exponent, context=_WIDE),
            currency,
        )

    @classmethod
    def zero(cls, currency: str) -> "Money":
        """Nothing, in a currency."""
        return cls(Decimal(0), currency)

    @classmethod
    def total(cls, parts: Iterable["Money"], currency: str) -> "Money":
        """The sum of amounts that must all be in `currency`; raises CurrencyMismatch."""
        return sum(parts, start=cls.zero(currency))

    @property
    def exponent(self) -> int:
        """How many decimals the currency's smallest unit has."""
        return currency_of(self.currency).exponent

    @property
    def minor_units(self) -> int:
        """How many of the currency's smallest unit this is; raises InvalidAmount for an unrounded amount."""
        units = self.amount.scaleb(self.exponent, context=_WIDE)
        if units != units.to_integral_value():
            raise InvalidAmount(f"{self} must be rounded first.")
        return int(units)

    @property
    def text(self) -> str:
        """The amount as REST writes it: all decimals of the currency, more only where the amount is unrounded."""
        whole, _, decimals = format(self.amount, "f").partition(".")
        decimals = decimals.rstrip("0").ljust(self.exponent, "0")
        return f"{whole}.{decimals}" if decimals else whole

    def rounded(self) -> "Money":
        """The nearest amount that the currency has, ties away from zero."""
        return Money(round_half_up(self.amount, self.exponent), self.currency)

    def allocate(self, weights: Sequence[int | Decimal]) -> list["Money"]:
        """Split by weights without losing a unit: each gets its share rounded down, the largest remainders one more.

        Among equal remainders the earlier part gets the unit. Raises InvalidAmount for an unrounded amount, ValueError
        for negative weights or weights that are all zero.
        """
        shares = [Fraction(_bounded(_decimal(weight))) for weight in weights]
        if any(share < 0 for share in shares) or not any(shares):
            raise ValueError("Weights must not be negative, and at least one must be positive.")
        sign = -1 if self.amount < 0 else 1
        units = abs(self.minor_units)
        exact = [units * share / sum(shares) for share in shares]
        parts = [int(share) for share in exact]
        by_remainder = sorted(range(len(parts)), key=lambda index: (parts[index] - exact[index], index))
        for index in by_remainder[: units - sum(parts)]:
            parts[index] += 1
        return [Money.from_minor_units(sign * part, self.currency) for part in parts]

    def format(self, locale: str | Locale) -> str:
        """The amount as people write it in a locale such as `en-gb` or `de_DE`, with the currency's symbol."""
        place = locale if isinstance(locale, Locale) else Locale.parse(locale.replace("-", "_"))
        symbol = get_currency_symbol(self.currency, place)
        standard = place.currency_formats["standard"]
        decimals = len(self.text.partition(".")[2])
        pattern = copy(standard)
        pattern.frac_prec = (decimals, decimals)
        pattern.prefix = tuple(_apart(affix, symbol) for affix in standard.prefix)
        with localcontext(_WIDE):
            return pattern.apply(self.amount, place, currency=self.currency, currency_digits=False)

    def __add__(self, other: "Money") -> "Money":
        if not isinstance(other, Money):
            return NotImplemented
        return Money(_WIDE.add(self.amount, self._same(other).amount), self.currency)

    def __sub__(self, other: "Money") -> "Money":
        if not isinstance(other, Money):
            return NotImplemented
        return Money(_WIDE.subtract(self.amount, self._same(other).amount), self.currency)

    def __mul__(self, factor: int | Decimal) -> "Money":
        if isinstance(factor, Money):
            return NotImplemented
        return Money(_WIDE.multiply(self.amount, _bounded(_decimal(factor))), self.currency)

    __rmul__ = __mul__

    def __neg__(self) -> "Money":
        return Money(self.amount.copy_negate(), self.currency)

    def __abs__(self) -> "Money":
        return Money(self.amount.copy_abs(), self.currency)

    def __bool__(self) -> bool:
        return bool(self.amount)

    def __lt__(self, other: "Money") -> bool:
        return self.amount < self._same(other).amount

    def __le__(self, other: "Money") -> bool:
        return self.amount <= self._same(other).amount

    def __gt__(self, other: "Money") -> bool:
        return self.amount > self._same(other).amount

    def __ge__(self, other: "Money") -> bool:
        return self.amount >= self._same(other).amount

    def __str__(self) -> str:
        return f"{self.text} {self.currency}"

    def _same(self, other: "Money") -> "Money":
        if self.currency != other.currency:
            raise CurrencyMismatch(f"{self} and {other} cannot be put together: convert one of them first.")
        return other


def round_half_up(value: Decimal, decimals: int) -> Decimal:
    """The one rounding rule for money: to the nearest, ties away from zero.

    Raises InvalidAmount for NaN, infinities and values that no column of money could hold.
    """
    return _positive_zero(_bounded(value).quantize(Decimal(1).scaleb(-decimals), context=_WIDE))


def parse_amount(written: str | int, *, decimals: int) -> Decimal:
    """Read a decimal number from outside: ASCII digits, one dot, no exponent, no sign on zero; raises InvalidAmount."""
    if isinstance(written, bool) or not isinstance(written, str | int):
        raise InvalidAmount('Send the number as text, such as "1234.50".')
    if isinstance(written, int):
        return _bounded(Decimal(written))
    match = _WRITTEN.fullmatch(written)
    if match is None:
        raise InvalidAmount("Write the number with the digits 0-9 and a dot, such as 1234.50, up to 20 digits.")
    if len(match[3] or "") > decimals:
        allowed = {0: "No decimals are", 1: "Only one decimal is"}.get(decimals, f"Only {decimals} decimals are")
        raise InvalidAmount(f"{allowed} allowed here.")
    value = Decimal(written)
    if match[1] and not value:
        raise InvalidAmount("Write zero without a minus.")
    return value


class AmountField(models.DecimalField):
    """NUMERIC(28,8) that refuses to round on the way to the database, where Django would round half to even."""

    def get_db_prep_save(self, value: Any, connection: Any) -> Any:
        """Refuse floats, NaN and more than eight decimals; raises TypeError, InvalidAmount."""
        if value is not None and not hasattr(value, "as_sql"):
            value = _bounded(_decimal(value))
            if value != round_half_up(value, STORED_DECIMALS):
                raise InvalidAmount(f"{self.name} must be rounded before it is saved.")
        return super().get_db_prep_save(value, connection)


def amount_field(**options: Any) -> AmountField:
    """A column of money; its table also needs `amount_constraints`."""
    return AmountField(max_digits=STORED_DIGITS, decimal_places=STORED_DECIMALS, **options)


def amount_constraints(
    *names: str, minimum: Decimal = -MAX_AMOUNT, maximum: Decimal = MAX_AMOUNT
) -> list[models.CheckConstraint]:
    """One CHECK per column that holds its bounds; PostgreSQL sorts NaN above all numbers, so NaN is refused too."""
    return [
        models.CheckConstraint(
            condition=models.Q(**{f"{name}__gte": minimum, f"{name}__lte": maximum}),
            name=f"%(app_label)s_%(class)s_{name}_bounds",
            violation_error_message=f"{name} is out of bounds.",
        )
        for name in names
    ]


def _decimal(value: Any) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, Decimal | int):
        raise TypeError(f"Money takes Decimal or int, not {type(value).__name__}.")
    return Decimal(value)


def _bounded(value: Decimal) -> Decimal:
    if not value.is_finite():
        raise InvalidAmount("An amount must be a finite number.")
    if abs(value.adjusted()) > _UNROUNDED_DECIMALS or int(value.as_tuple().exponent) < -_UNROUNDED_DECIMALS:
        raise InvalidAmount("The number has too many digits.")
    if value.copy_abs() > MAX_AMOUNT:
        raise InvalidAmount("The amount is too large.")
    return _positive_zero(value)


def _positive_zero(value: Decimal) -> Decimal:
    return value if value else value.copy_abs()


def _apart(affix: str, symbol: str) -> str:
    """A code in letters, such as USDC, is written apart from the digits (CLDR, currency spacing)."""
    return f"{affix}\u00a0" if affix.endswith("¤") and symbol[-1:].isalpha() else affix
