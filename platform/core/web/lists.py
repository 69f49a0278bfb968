from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.core.exceptions import ValidationError
from django.db.models import Model, Q, QuerySet
from django.http import QueryDict

Row = TypeVar("Row", bound=Model)
PAGE_SIZE = 25
LONGEST_SEARCH = 200


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """Rows, newest first; `newer` and `older` are the query strings of the neighbours, empty where there is none."""

    rows: list[Row]
    newer: str
    older: str
    search: str


def page_of(
    rows: QuerySet[Row], parameters: QueryDict, *, search: Sequence[str] = (), size: int = PAGE_SIZE
) -> Page[Row]:
    """One page of a list whose primary keys are ordered by time, cut by key and never by counting.

    `?search=` must be found in one of the `search` columns; `?after=` and `?before=` are the key at the page's edge.
    A key that is none begins at the newest row.
    """
    text = parameters.get("search", "").replace("\0", "").strip()[:LONGEST_SEARCH]
    if text and search:
        wanted = Q()
        for column in search:
            wanted |= Q(**{f"{column}__icontains": text})
        rows = rows.filter(wanted)
    before, after = _key(rows, parameters.get("before")), _key(rows, parameters.get("after"))
    if before is not None:
        found = list(rows.filter(pk__gt=before).order_by("pk")[: size + 1])
        shown = found[:size][::-1]
        has_newer, has_older = len(found) > size, True
    else:
        rows = rows if after is None else rows.filter(pk__lt=after)
        found = list(rows.order_by("-pk")[: size + 1])
        shown = found[:size]
        has_newer, has_older = after is not None, len(found) > size
    return Page(
        rows=shown,
        newer=_neighbour(parameters, "before", shown[0].pk) if shown and has_newer else "",
        older=_neighbour(parameters, "after", shown[-1].pk) if shown and has_older else "",
        search=text,
    )


def _key(rows: QuerySet[Row], value: str | None) -> Any:
    if not value:
        return None
    try:
        return rows.model._meta.pk.to_python(value)
    except ValidationError:
        return None


def _neighbour(parameters: QueryDict, direction: str, key: object) -> str:
    query = parameters.copy()
    for name in ("before", "after"):
        query.pop(name, None)
    query[direction] = str(key)
    return query.urlencode()
