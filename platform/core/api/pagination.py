from collections.abc import Sequence
from typing import Any

from rest_framework.exceptions import ValidationError
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.cursors import Cursor, after, read_cursor, terms_of, write_cursor

PAGE_SIZE = 50
MAX_PAGE_SIZE = 200
PARAMETERS = ("cursor", "page_size")


class KeysetPagination(BasePagination):
    """Pages that cost the same at any depth and neither skip nor repeat a row when others come and go."""

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any]:
        """The rows of the asked page; raises InvalidCursor, ValidationError for a page size out of bounds."""
        self.request = request
        self.terms = terms_of(queryset)
        size = _page_size(request.query_params.get("page_size"))
        sent = request.query_params.get("cursor")
        cursor = None if sent is None else read_cursor(sent, self.terms, path=request.path)
        backwards = cursor is not None and cursor.backwards
        terms = [term.reversed() for term in self.terms] if backwards else self.terms
        if cursor is not None:
            queryset = queryset.filter(after(terms, cursor.values))
        rows = list(queryset.order_by(*[term.ordering for term in terms])[: size + 1])
        more, rows = len(rows) > size, rows[:size]
        if backwards:
            rows.reverse()
        self.next = self._link(rows[-1:], backwards=False) if more or backwards else None
        self.previous = self._link(rows[:1], backwards=True) if (more if backwards else cursor is not None) else None
        return rows

    def get_paginated_response(self, data: Sequence[Any]) -> Response:
        """The page with the links to its neighbours."""
        return Response({"next": self.next, "previous": self.previous, "results": data})

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        """The page in OpenAPI."""
        link = {"type": ["string", "null"], "format": "uri"}
        return {
            "type": "object",
            "required": ["next", "previous", "results"],
            "properties": {
                "next": {**link, "description": "The next page, null on the last."},
                "previous": {**link, "description": "The page before, null on the first."},
                "results": schema,
            },
        }

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        """The two parameters in OpenAPI."""
        return [
            {
                "name": "cursor",
                "in": "query",
                "required": False,
                "description": "Where to read on: part of `next` and `previous`, never made up.",
                "schema": {"type": "string"},
            },
            {
                "name": "page_size",
                "in": "query",
                "required": False,
                "description": "How many results a page has.",
                "schema": {"type": "integer", "minimum": 1, "maximum": MAX_PAGE_SIZE, "default": PAGE_SIZE},
            },
        ]

    def _link(self, beside: list[Any], *, backwards: bool) -> str | None:
        if not beside:
            return None
        cursor = Cursor(tuple(term.value_of(beside[0]) for term in self.terms), backwards)
        parameters = self.request.query_params.copy()
        parameters["cursor"] = write_cursor(cursor, self.terms, path=self.request.path)
        return self.request.build_absolute_uri(f"{self.request.path}?{parameters.urlencode()}")


def _page_size(written: str | None) -> int:
    if written is None:
        return PAGE_SIZE
    if not (written.isascii() and written.isdigit() and 1 <= len(written) <= 4 and 1 <= int(written) <= MAX_PAGE_SIZE):
        raise ValidationError({"page_size": f"A page has 1 to {MAX_PAGE_SIZE} results."})
    return int(written)
