from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, QueryDict

from core.api.cursors import Cursor, InvalidCursor, after, read_cursor, terms_of, write_cursor

PARAMETER = "cursor"
MOST_COUNTED = 1000


@dataclass(frozen=True, slots=True)
class KeysetPage:
    """Rows of one page; `newer` and `older` are the query strings of its neighbours, empty where there is none.

    `total` is how many rows there are, None for more than MOST_COUNTED.
    """

    rows: list[Any]
    newer: str
    older: str
    total: int | None


def keyset_page(queryset: QuerySet, request: HttpRequest, *, size: int) -> KeysetPage:
    """One page of an ordered queryset, whatever it is ordered by, cut by the values at its edge.

    A cursor that is old, another list's or made for another order begins at the first page.
    """
    terms = terms_of(queryset)
    cursor = _cursor(request, terms)
    backwards = cursor is not None and cursor.backwards
    directed = [term.reversed() for term in terms] if backwards else terms
    found = queryset.filter(after(directed, cursor.values)) if cursor else queryset
    rows = list(found.order_by(*[term.ordering for term in directed])[: size + 1])
    more, rows = len(rows) > size, rows[:size]
    if backwards:
        rows.reverse()
    has_older = bool(rows) and (more or backwards)
    has_newer = bool(rows) and (more if backwards else cursor is not None)

    def neighbour(row: Any, *, back: bool) -> str:
        query = without(request.GET, PARAMETER)
        values = tuple(term.value_of(row) for term in terms)
        query[PARAMETER] = write_cursor(Cursor(values, back), terms, path=request.path)
        return query.urlencode()

    return KeysetPage(
        rows=rows,
        newer=neighbour(rows[0], back=True) if has_newer else "",
        older=neighbour(rows[-1], back=False) if has_older else "",
        total=_count(queryset),
    )


def in_chunks(queryset: QuerySet, size: int = 1000) -> Any:
    """All rows in order, asked for by key in portions, so that no cursor stays open and no list grows."""
    terms = terms_of(queryset)
    ordered = queryset.order_by(*[term.ordering for term in terms])
    rows = list(ordered[:size])
    while rows:
        yield from rows
        if len(rows) < size:
            return
        rows = list(ordered.filter(after(terms, [term.value_of(rows[-1]) for term in terms]))[:size])


def without(query: QueryDict, *names: str) -> QueryDict:
    """A copy of a query string without these parameters and without empty ones."""
    kept = query.copy()
    for name in list(kept):
        values = [value for value in kept.getlist(name) if value]
        if name in names or not values:
            del kept[name]
        else:
            kept.setlist(name, values)
    return kept


def _cursor(request: HttpRequest, terms: Any) -> Cursor | None:
    text = request.GET.get(PARAMETER)
    if not text:
        return None
    try:
        return read_cursor(text, terms, path=request.path)
    except InvalidCursor:
        return None


def _count(queryset: QuerySet) -> int | None:
    counted = queryset.order_by()[: MOST_COUNTED + 1].count()
    return None if counted > MOST_COUNTED else counted
