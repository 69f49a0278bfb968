from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any
from zlib import crc32

from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from core.web.components import leaves


@dataclass(frozen=True, slots=True)
class Stat:
    """One key figure: a label, a value and one change, state or bar. `value` is HTML of a tag, or text."""

    label: Any
    value: Any
    href: str = ""
    change: Decimal | None = None
    good: str = "up"
    note: Any = ""
    badge: tuple[Any, str] | None = None
    progress: tuple[Decimal | int, str] | None = None
    spark: Any = None


@dataclass(frozen=True, slots=True)
class Happening:
    """One line of a timeline."""

    title: Any
    at: datetime | None = None
    text: Any = ""
    by: Any = ""
    icon: str = "circle-check"
    kind: str = ""
    href: str = ""


@dataclass(frozen=True, slots=True)
class Fact:
    """A name and a value beside a document; an empty value is left out."""

    label: Any
    value: Any
    href: str = ""


@dataclass(frozen=True, slots=True)
class MenuItem:
    """A line of a menu: a link, or with `method` post a form that works without a script."""

    label: Any
    href: str
    icon: str = ""
    method: str = "get"
    danger: bool = False
    dialog: bool = False
    attributes: dict[str, Any] = field(default_factory=dict)


def card(content: SafeString, *, title: Any = "", id: str = "", flush: bool = False, lead: bool = False) -> SafeString:
    """A card; with a title it is a labelled section. `flush` leaves out the padding, `lead` comes first on phones."""
    classes = "card lead" if lead else "card"
    body = content if flush else format_html('<div class="card__body">{}</div>', content)
    if not title:
        return format_html('<section class="{}">{}</section>', classes, body)
    key = id or f"card-{crc32(str(title).encode()):x}"
    head = format_html('<div class="card__head"><h2 id="{}">{}</h2></div>', key, title)
    return format_html('<section class="{}" aria-labelledby="{}">{}{}</section>', classes, key, head, body)


def alert(content: SafeString, *, kind: str = "info", title: Any = "", icon: str = "") -> SafeString:
    """A notice in the page: `info`, `ok`, `warn` or `bad`; a bad one interrupts a screen reader."""
    shown = icon or {"ok": "circle-check", "info": "info"}.get(kind, "triangle-alert")
    return format_html(
        '<div class="alert alert--{}" role="{}">{}<div>{}{}</div></div>',
        kind,
        "alert" if kind == "bad" else "status",
        leaves.icon(shown),
        format_html("<b>{}</b>", title) if title else "",
        content,
    )


def form_section(content: SafeString, title: Any, text: Any = "") -> SafeString:
    """A part of a long form: heading and sentence on the left, a grid of six columns on the right."""
    note = format_html("<p>{}</p>", text) if text else ""
    return format_html(
        '<section class="form-section"><div><h2>{}</h2>{}</div><div class="form-grid">{}</div></section>',
        title,
        note,
        content,
    )


def dialog(content: SafeString, id: str, title: Any, *, wide: bool = False) -> SafeString:
    """A dialog of the page, opened by a button with `data-open-dialog` and closed by one with `data-close-dialog`."""
    return format_html(
        '<dialog class="dialog{}" id="{}" aria-labelledby="{}-title"><h2 id="{}-title">{}</h2>{}</dialog>',
        " dialog--wide" if wide else "",
        id,
        id,
        id,
        title,
        content,
    )


def menu(
    content: SafeString, label: Any, *, icon: str = "ellipsis", text: bool = False, start: bool = False
) -> SafeString:
    """A menu that opens without a script; its lines are links and forms. `text` writes the label on the button."""
    name = "" if text else format_html(' aria-label="{}"', label)
    shown = format_html("{}{}", leaves.icon(icon) if icon else "", label if text else "")
    return format_html(
        '<details class="drop{}"><summary class="btn{}"{}>{}</summary><div class="menu">{}</div></details>',
        " drop--start" if start else "",
        "" if text else " btn--icon",
        name,
        shown,
        content,
    )


def stat(figure: Stat) -> SafeString:
    """A key figure as a card."""
    return render_to_string("components/stat.html", {"stat": figure})


def timeline(happenings: list[Happening]) -> SafeString:
    """What happened, in the order given."""
    return render_to_string("components/timeline.html", {"happenings": happenings})


def facts(rows: list[Fact]) -> SafeString:
    """Names and values; what has no value is left out."""
    return render_to_string("components/facts.html", {"facts": [row for row in rows if row.value not in (None, "")]})


def locked(label: Any, reason: Any) -> SafeString:
    """An action that this person may not do, with the sentence that says who can."""
    return format_html(
        '<span class="locked">{}<span><b>{}</b> · {}</span></span>',
        leaves.icon("lock", "sm"),
        label,
        reason or _("Ask an administrator."),
    )
