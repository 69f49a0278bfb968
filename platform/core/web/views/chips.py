from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.forms import BoundField
from django.http import HttpRequest
from django_filters import FilterSet

from core.web.formats import value_text
from core.web.keyset import PARAMETER, without


@dataclass(frozen=True, slots=True)
class Chip:
    """One filter of a list: with a `text` it is on, and `remove` is the query string without it."""

    field: BoundField
    label: Any
    text: str = ""
    remove: str = ""


def chips_of(chosen: FilterSet, request: HttpRequest) -> list[Chip]:
    """The chips of a filter set, those that are on first."""
    on, off = [], []
    for name, each in chosen.filters.items():
        bound = chosen.form[name]
        names = _parameters(bound)
        if any(request.GET.get(parameter) for parameter in names):
            remove = without(request.GET, PARAMETER, *names).urlencode()
            on.append(Chip(bound, each.label, _text(bound), remove))
        else:
            off.append(Chip(bound, each.label))
    return [*on, *off]


def _parameters(bound: BoundField) -> list[str]:
    widget = bound.field.widget
    suffixes = getattr(widget, "suffixes", None)
    return [widget.suffixed(bound.html_name, suffix) for suffix in suffixes] if suffixes else [bound.html_name]


def _text(bound: BoundField) -> str:
    value = getattr(bound.form, "cleaned_data", {}).get(bound.name)
    labels = {str(key): str(label) for key, label in getattr(bound.field, "choices", [])}
    if isinstance(value, slice):
        return " – ".join(value_text(edge) or "…" for edge in (value.start, value.stop))
    if isinstance(value, list | tuple | set | QuerySet):
        return ", ".join(_one(each, labels) for each in value)
    return _one(value, labels)


def _one(value: Any, labels: dict[str, str]) -> str:
    return labels.get(str(value)) or value_text(value)
