import re
from collections.abc import Callable
from contextvars import ContextVar

import structlog
from django.http import HttpRequest, HttpResponse

from core.ids import uuid7

HEADER = "X-Request-ID"
_well_formed = re.compile(r"[A-Za-z0-9._-]{8,64}").fullmatch
_current: ContextVar[str] = ContextVar("request_id", default="")


def current_request_id() -> str:
    """The id of the request, or of the task that a request caused; empty outside of both."""
    return _current.get()


def set_request_id(value: str) -> str:
    """Take over an id from outside where it is well formed, else make one; binds it to the log context."""
    request_id = value if _well_formed(value) else str(uuid7())
    _current.set(request_id)
    structlog.contextvars.bind_contextvars(request_id=request_id)
    return request_id


def clear_request_id() -> None:
    """Forget the id and the whole log context, so that the thread's next work starts clean."""
    _current.set("")
    structlog.contextvars.clear_contextvars()


class RequestIdMiddleware:
    """Give each request an id that its logs, tasks, errors and answer carry."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        structlog.contextvars.clear_contextvars()
        request_id = set_request_id(request.headers.get(HEADER, ""))
        request.request_id = request_id  # type: ignore[attr-defined]
        try:
            response = self.get_response(request)
        finally:
            clear_request_id()
        response[HEADER] = request_id
        return response
