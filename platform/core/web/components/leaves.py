from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zlib import crc32

from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString

from core.money import Money
from core.web import formats

_TINTS = 5


def icon(name: str, size: str = "") -> SafeString:
    """A decorative icon of the sprite: `size` is empty, `sm` or `lg`."""
    return format_html(
        '<svg class="icon{}" aria-hidden="true"><use href="{}#{}"/></svg>',
        f" icon--{size}" if size else "",
        static("icons/lucide.svg"),
        name,
    )


def badge(label: Any, kind: str = "", icon_name: str = "") -> SafeString:
    """A status: colour, word and a dot or icon; `kind` is empty, `ok`, `warn`, `bad`, `info` or `brand`."""
    return format_html(
        '<span class="badge{}{}">{}{}</span>',
        f" badge--{kind}" if kind else "",
        " badge--plain" if icon_name else "",
        icon(icon_name, "sm") if icon_name else "",
        label,
    )


def avatar(name: str, *, shape: str = "round", decorative: bool = False, size: str = "") -> SafeString:
    """A person's or party's initials on a tint that stays the same for the same name.

    `shape` is `round` for people and `square` for parties; `decorative` is one that stands beside the name.
    """
    words = name.replace("@", " ").replace(".", " ").split() or ["?"]
    names = [word for word in words if word[0].isupper()]
    words = names if len(names) > 1 else words
    initials = (words[0][0] + (words[1][0] if len(words) > 1 else "")).upper()
    spoken = SafeString('aria-hidden="true"') if decorative else format_html('role="img" aria-label="{}"', name)
    return format_html(
        '<span class="avatar{}{} avatar--{}" {}>{}</span>',
        " avatar--round" if shape == "round" else "",
        f" avatar--{size}" if size else "",
        crc32(name.encode()) % _TINTS + 1,
        spoken,
        initials,
    )


def money(value: Money | None, *, light_cents: bool = False, signed: bool = False) -> SafeString:
    """An amount by locale; nothing for None. `light_cents` writes the decimals smaller, as in key figures."""
    if value is None:
        return SafeString("")
    classes = "num nowrap negative" if value.amount < 0 and signed else "num nowrap"
    plus = "+" if signed and value.amount > 0 else ""
    if not light_cents:
        return format_html('<span class="{}">{}{}</span>', classes, plus, formats.money_text(value))
    whole, cents, rest = formats.money_parts(value)
    return format_html('<span class="{}">{}{}<small>{}</small>{}</span>', classes, plus, whole, cents, rest)


def number(value: Decimal | int | None, decimals: int | None = None) -> SafeString:
    """A number with the locale's separators."""
    if value is None:
        return SafeString("")
    return format_html('<span class="num nowrap">{}</span>', formats.number_text(value, decimals))


def percent(share: Decimal | int | None, decimals: int = 0) -> SafeString:
    """A share of one as percent."""
    if share is None:
        return SafeString("")
    return format_html('<span class="num nowrap">{}</span>', formats.percent_text(share, decimals))


def day(value: date | None, style: str = "medium") -> SafeString:
    """A date by locale, and by the person's time zone where it is an instant; nothing for None."""
    if value is None:
        return SafeString("")
    return _time(value, formats.date_text(value, style))


def moment(value: datetime | None, style: str = "medium") -> SafeString:
    """An instant on the person's clock."""
    return SafeString("") if value is None else _time(value, formats.datetime_text(value, style))


def ago(value: datetime | None) -> SafeString:
    """How long ago an instant was; the exact one in a title."""
    if value is None:
        return SafeString("")
    return _time(value, formats.ago_text(value), formats.datetime_text(value))


def progress(value: Decimal | int, *, of: Decimal | int = 100, label: str, text: str = "") -> SafeString:
    """A bar of what is done; `label` is spoken, `text` is written beside it."""
    share = min(max(Decimal(value) / Decimal(of), Decimal(0)), Decimal(1)) if of else Decimal(0)
    bar = format_html('<progress value="{}" max="100" aria-label="{}"></progress>', f"{share * 100:.1f}", label)
    return format_html('<span class="meter">{}<span class="num">{}</span></span>', bar, text) if text else bar


def delta(share: Decimal | None, decimals: int = 1, *, good: str = "up") -> SafeString:
    """A change as a share of one, with an arrow; `good` says which direction is welcome."""
    if share is None:
        return SafeString("")
    rises = share >= 0
    welcome = rises == (good == "up")
    return format_html(
        '<span class="delta delta--{} num">{}{}</span>',
        "up" if welcome else "down",
        icon("arrow-up-right" if rises else "arrow-down-right", "sm"),
        formats.percent_text(abs(share), decimals),
    )


def _time(value: date, text: str, title: str = "") -> SafeString:
    return format_html(
        '<time class="num nowrap" datetime="{}"{}>{}</time>',
        value.isoformat(),
        format_html(' title="{}"', title) if title else "",
        text,
    )
