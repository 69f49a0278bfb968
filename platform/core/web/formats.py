"""How figures, amounts and dates are written for the person in front of the page."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any

from babel import Locale, UnknownLocaleError
from babel.core import get_locale_identifier, parse_locale
from babel.dates import format_date, format_datetime, format_timedelta
from babel.numbers import format_decimal, format_percent, get_decimal_symbol
from django.utils import timezone
from django.utils.translation import get_language

from core import clock
from core.money import Money
from core.tenancy import current_scope

# A language alone does not say how a date is written; where nobody chose a region, these are meant.
_USUAL_REGIONS = {"en": "GB", "pt": "PT"}
_PATTERNS = {"day": "d MMM", "weekday": "EEEE d MMMM"}


def current_locale() -> Locale:
    """The locale of the language that is spoken now, in the tenant's region where the tenant chose one."""
    scope = current_scope()
    chosen = str(scope.tenant.options.get("locale", "")) if scope and scope.tenant else ""
    return _locale(get_language() or "en", chosen)


@cache
def _locale(language: str, chosen: str) -> Locale:
    spoken = parse_locale(language.replace("-", "_"))
    region = spoken[1]
    if not region and chosen:
        parts = parse_locale(chosen.replace("-", "_"))
        region = parts[1] if parts[0] == spoken[0] else None
    name = get_locale_identifier((spoken[0], region or _USUAL_REGIONS.get(spoken[0])))
    try:
        return Locale.parse(name)
    except UnknownLocaleError:
        return Locale.parse("en_GB")


def money_text(value: Money) -> str:
    """An amount with its symbol, such as €1,234.50."""
    return value.format(current_locale())


def money_parts(value: Money) -> tuple[str, str, str]:
    """An amount cut before its decimals and after them, so that a page can write the cents lighter."""
    text, place = money_text(value), current_locale()
    symbol = get_decimal_symbol(place)
    whole, found, rest = text.rpartition(symbol)
    if not value.exponent or not found or not rest[:1].isdigit():
        return text, "", ""
    digits = len(rest) - len(rest.lstrip("0123456789"))
    return whole, symbol + rest[:digits], rest[digits:]


def number_text(value: Decimal | int, decimals: int | None = None) -> str:
    """A number with the locale's separators; `decimals` fixes how many are written."""
    if isinstance(value, float):
        raise TypeError("Figures are Decimal or int, never float.")
    pattern = None if decimals is None else "#,##0" + ("." + "0" * decimals if decimals else "")
    return str(
        format_decimal(value, format=pattern, locale=current_locale(), decimal_quantization=decimals is not None)
    )


def percent_text(share: Decimal | int, decimals: int = 0) -> str:
    """A share of one as percent: 0.126 is 12.6%."""
    pattern = "#,##0" + ("." + "0" * decimals if decimals else "") + "%"
    return str(format_percent(share, format=pattern, locale=current_locale()))


def short_money(value: Money) -> str:
    """An amount for an axis, in thousands, millions or billions: €180k."""
    size, letter = next(
        (
            (size, letter)
            for size, letter in ((9, "bn"), (6, "m"), (3, "k"))
            if abs(value.amount) >= Decimal(10) ** size
        ),
        (0, ""),
    )
    scaled = value.amount.scaleb(-size).quantize(Decimal("0.1")).normalize()
    figure = number_text(abs(scaled), max(0, -int(scaled.as_tuple().exponent)))
    model = Money(Decimal(1), value.currency).rounded().format(current_locale())
    written = Money(Decimal(1), value.currency).rounded()
    one = number_text(written.amount, written.exponent)
    sign = "-" if scaled < 0 else ""
    return sign + model.replace(one, f"{figure}{letter}")


def date_text(value: date, style: str = "medium") -> str:
    """A day, in the person's time zone where it is an instant: `short`, `medium`, `long`, `full`, `day`, `weekday`."""
    shown = _local(value).date() if isinstance(value, datetime) else value
    return str(format_date(shown, _PATTERNS.get(style, style), locale=current_locale()))


def datetime_text(value: datetime, style: str = "medium") -> str:
    """An instant on the person's clock, without seconds."""
    shown, place = _local(value), current_locale()
    time = place.time_formats["short"]
    return f"{date_text(value, style)}, {format_datetime(shown, time.pattern, locale=place)}"


def ago_text(value: datetime) -> str:
    """How long ago, or in how long, an instant is: 12 minutes ago."""
    distance = value - clock.now()
    if abs(distance) > timedelta(days=28):
        return date_text(value)
    return str(format_timedelta(distance, add_direction=True, locale=current_locale()))


def value_text(value: Any) -> str:
    """Anything that a cell or a fact may hold, as a person reads it."""
    if isinstance(value, Money):
        return money_text(value)
    if isinstance(value, datetime):
        return datetime_text(value)
    if isinstance(value, date):
        return date_text(value)
    if isinstance(value, Decimal | int) and not isinstance(value, bool):
        return number_text(value)
    return "" if value is None else str(value)


def _local(value: datetime) -> datetime:
    return timezone.localtime(value)
