from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from core.money import Money
from core.web.components import leaves

Kind = Literal["text", "code", "money", "number", "percent", "date", "datetime", "ago", "badge", "person", "party"]
# Where a cell goes when a row becomes a card on a phone.
Place = Literal["who", "num", "amt", "st", "hide", ""]
RIGHT = frozenset({"money", "number", "percent"})
_PLACES: Mapping[str, Place] = {"money": "amt", "badge": "st", "code": "num"}


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a list: `name` is a path of attributes such as `customer__name`, unless `value` says otherwise.

    `sort` is a field to order by; `link` marks the cell whose link opens the row; `note` is its second line;
    `badges` gives the label and kind of each value of a badge.
    """

    name: str
    label: Any
    kind: Kind = "text"
    value: Callable[[Any], Any] | None = None
    sort: str = ""
    link: bool = False
    note: Callable[[Any], Any] | None = None
    badges: Mapping[Any, tuple[Any, str]] = field(default_factory=dict)
    place: Place | None = None

    def of(self, row: Any) -> Any:
        """The value of a row, None where something on the path is missing."""
        if self.value is not None:
            return self.value(row)
        for part in self.name.split("__"):
            row = None if row is None else getattr(row, part)
        return row

    @property
    def on_phone(self) -> Place:
        """Where the cell goes on a phone."""
        if self.place is not None:
            return self.place
        return "who" if self.link else _PLACES.get(self.kind, "hide")

    @property
    def classes(self) -> str:
        """The classes of the column's cells."""
        place = self.on_phone
        parts = [f"c-{place}" if place else "", "right" if self.kind in RIGHT else ""]
        parts += ["amount"] if self.kind == "money" else ["faint nowrap"] if self.kind == "code" else []
        return " ".join(part for part in parts if part)

    def html(self, row: Any, url: str = "") -> SafeString:
        """The cell of a row; with a `url` its link opens the row."""
        shown = self._shown(self.of(row))
        if not self.link:
            return shown
        name = format_html('<a class="rowlink" href="{}"><b class="truncate">{}</b></a>', url, shown) if url else shown
        note = self.note(row) if self.note else ""
        mark = ""
        if self.kind in ("person", "party"):
            shape = "round" if self.kind == "person" else "square"
            mark = leaves.avatar(str(self.of(row) or ""), shape=shape, decorative=True)
        second = format_html("<small>{}</small>", note) if note else ""
        return format_html('<div class="cell">{}<div>{}{}</div></div>', mark, name, second)

    def _shown(self, value: Any) -> SafeString:
        if value is None or value == "":
            return SafeString('<span class="faint">–</span>')
        if self.kind == "badge":
            label, kind = self.badges.get(value, (value, ""))
            return leaves.badge(label, kind)
        draw = _DRAWN.get(self.kind)
        return format_html("{}", value) if draw is None else draw(value)


_DRAWN: Mapping[str, Callable[[Any], SafeString]] = {
    "money": leaves.money,
    "number": leaves.number,
    "percent": leaves.percent,
    "date": leaves.day,
    "datetime": leaves.moment,
    "ago": leaves.ago,
}


def exported(column: Column, row: Any) -> list[Any]:
    """What a column writes into a file: typed values, a badge its word, an amount its figure and its currency."""
    value = column.of(row)
    if column.kind == "money":
        return [value.amount, value.currency] if isinstance(value, Money) else [None, None]
    if column.kind == "badge" and value is not None:
        return [str(column.badges.get(value, (value, ""))[0])]
    return [value]


def export_names(column: Column) -> list[str]:
    """The heads of what `exported` writes."""
    return [str(column.label), _("Currency")] if column.kind == "money" else [str(column.label)]
