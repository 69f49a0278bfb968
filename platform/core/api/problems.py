import json
from collections.abc import Mapping, Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse

from core.errors import FieldError, NotFound
from core.ids import uuid7
from core.web.requests import request_id_of

PROBLEM_TYPE = "application/problem+json"
PRIVATE = "no-store, private"
# An answer never grows with the number of mistakes in a large body.
MAX_ERRORS = 100


def problem_response(
    request: HttpRequest,
    *,
    status: int,
    code: str,
    title: str,
    detail: str = "",
    errors: Sequence[FieldError] = (),
    headers: Mapping[str, str] | None = None,
) -> HttpResponse:
    """Answer an error; usable by views, handlers and middlewares alike.

    A 404 says the same whatever it was asked for, so that nobody learns which objects exist.
    """
    if status == NotFound.status:
        code, title, detail, errors = NotFound.code, NotFound.title, NotFound.message, ()
    body: dict[str, Any] = {
        "type": f"/problems/{code}",
        "title": title,
        "status": status,
        "detail": detail,
        "errors": list(errors)[:MAX_ERRORS],
        "request_id": ensure_request_id(request),
    }
    response = HttpResponse(json.dumps(body, ensure_ascii=False), status=status, content_type=PROBLEM_TYPE)
    for name, value in (headers or {}).items():
        response[name] = value
    return stamp(request, response)


def stamp(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Put the headers on an answer that every answer of the API carries."""
    response["X-Request-ID"] = ensure_request_id(request)
    response["Cache-Control"] = PRIVATE
    return response


def ensure_request_id(request: HttpRequest) -> str:
    """The id that RequestIdMiddleware gave; where the request did not pass it, one of its own, kept on the request."""
    if not request_id_of(request):
        request.request_id = str(uuid7())  # type: ignore[attr-defined]
    return request_id_of(request)
