from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import singledispatch
from http import HTTPStatus
from math import ceil
from typing import Any

import structlog
from django.core.exceptions import (
    NON_FIELD_ERRORS,
    BadRequest,
    PermissionDenied,
    RequestDataTooBig,
    SuspiciousOperation,
)
from django.core.exceptions import ValidationError as ModelInvalid
from django.core.signals import got_request_exception
from django.db import DatabaseError, InterfaceError, OperationalError
from django.http import Http404, HttpResponse, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from django.utils.translation import gettext_lazy as _
from redis.exceptions import ConnectionError as RedisUnreachable
from redis.exceptions import TimeoutError as RedisSlow
from rest_framework.exceptions import APIException, ErrorDetail
from rest_framework.exceptions import ValidationError as InputInvalid
from rest_framework.settings import api_settings

from core.api.problems import problem_response
from core.errors import FieldError, LiveryError, NotFound, PermissionRefused, Unavailable
from core.tenancy import current_scope
from core.tenancy.errors import ReadOnlyTenant

logger = structlog.get_logger("api")

# SQLSTATE: serialization failure, deadlock, lock not available, statement timeout.
_CONTENDED = frozenset({"40001", "40P01", "55P03", "57014"})
# SQLSTATE classes: connection lost, shutdown and crash recovery, out of resources.
_UNREACHABLE = ("08", "57P", "53")
# SQLSTATE: insufficient privilege, read-only transaction.
_WRITE_REFUSED = frozenset({"42501", "25006"})
_RETRY_SECONDS = 5

_titles = {
    "parse_error": ("malformed", _("The request could not be read")),
    "authentication_failed": ("authentication_failed", _("The credentials are not valid")),
    "not_authenticated": ("not_authenticated", _("Credentials are needed")),
    "permission_denied": (PermissionRefused.code, PermissionRefused.title),
    "method_not_allowed": ("method_not_allowed", _("This method is not allowed here")),
    "not_acceptable": ("not_acceptable", _("None of the accepted media types is available")),
    "unsupported_media_type": ("unsupported_media_type", _("This media type is not taken here")),
    "throttled": ("rate_limited", _("Too many requests")),
}


class TooLarge(LiveryError):
    """The body is larger than the server reads."""

    status = 413
    code = "too_large"
    title = "The request is too large"
    message = "Send less at a time."


class Busy(Unavailable):
    """The database refused to wait longer for another transaction; nothing was changed."""

    message = "Others are changing the same data. Nothing was changed; send the request again."
    retry_after = 1


class Unreachable(Unavailable):
    """The database or Redis did not answer."""

    message = "Nothing was changed, or the answer was lost. Send the request again in a moment."
    retry_after = _RETRY_SECONDS


@dataclass(frozen=True, slots=True)
class Problem:
    """What an error answers, ready for `problem_response`."""

    status: int
    code: str
    title: Any
    detail: Any = ""
    errors: tuple[FieldError, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)


BROKEN = Problem(
    500, "server_error", _("Something failed on our side"), _("Quote the request id when you report this.")
)


def exception_handler(error: Exception, context: Mapping[str, Any]) -> HttpResponse:
    """The answer to whatever a view raised; an error that nobody named is logged and says nothing of itself."""
    request = context["request"]._request
    problem = problem_of(error)
    if problem is BROKEN:
        got_request_exception.send(sender=type(context["view"]), request=request)
        logger.error("unhandled_error", exc_info=error)
    elif problem.status >= 500:
        logger.warning("unavailable", exc_info=error)
    return problem_response(
        request,
        status=problem.status,
        code=problem.code,
        title=str(problem.title),
        detail=str(problem.detail),
        errors=problem.errors,
        headers=problem.headers,
    )


@singledispatch
def problem_of(error: Exception) -> Problem:
    """The problem that stands for an error; BROKEN for one that is neither ours nor one that users cause."""
    return BROKEN


@problem_of.register
def _of_ours(error: LiveryError) -> Problem:
    retry_after = getattr(error, "retry_after", _RETRY_SECONDS if error.status == Unavailable.status else None)
    headers = {} if retry_after is None else {"Retry-After": str(ceil(retry_after))}
    return Problem(error.status, error.code, error.title, str(error), tuple(error.errors), headers)


@problem_of.register
def _of_input(error: InputInvalid) -> Problem:
    return _invalid(flatten(error.detail))


@problem_of.register
def _of_model(error: ModelInvalid) -> Problem:
    by_field = error.error_dict if hasattr(error, "error_dict") else {NON_FIELD_ERRORS: error.error_list}
    return _invalid(
        FieldError(field=_joined("", name), code=str(each.code or "invalid"), message=str(message))
        for name, found in by_field.items()
        for each in found
        for message in each.messages
    )


@problem_of.register
def _of_framework(error: APIException) -> Problem:
    """DRF's other errors."""
    code, title = _titles.get(error.default_code, (error.default_code, HTTPStatus(error.status_code).phrase))
    headers = {}
    if challenge := getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = challenge
    if wait := getattr(error, "wait", None):
        headers["Retry-After"] = str(ceil(wait))
    detail = " ".join(each["message"] for each in flatten(error.detail))
    return Problem(error.status_code, code, title, detail, headers=headers)


@problem_of.register
def _of_missing(error: Http404) -> Problem:
    return problem_of(NotFound())


@problem_of.register
def _of_denied(error: PermissionDenied) -> Problem:
    return problem_of(PermissionRefused(str(error)))


@problem_of.register
def _of_large_body(error: RequestDataTooBig) -> Problem:
    return problem_of(TooLarge())


@problem_of.register(BadRequest)
@problem_of.register(SuspiciousOperation)
@problem_of.register(MultiPartParserError)
@problem_of.register(UnreadablePostError)
def _of_bad_request(error: Exception) -> Problem:
    logger.warning("suspicious_request", exc_info=error)
    return Problem(400, "bad_request", _("The request was refused"))


@problem_of.register
def _of_database(error: DatabaseError) -> Problem:
    state = getattr(error.__cause__, "pgcode", None) or ""
    scope = current_scope()
    if state in _CONTENDED:
        return problem_of(Busy())
    if state.startswith(_UNREACHABLE) or (not state and isinstance(error, OperationalError)):
        return problem_of(Unreachable())
    if state in _WRITE_REFUSED and scope is not None and scope.read_only:
        return problem_of(ReadOnlyTenant())
    return BROKEN


@problem_of.register(InterfaceError)
@problem_of.register(RedisUnreachable)
@problem_of.register(RedisSlow)
def _of_lost_server(error: Exception) -> Problem:
    return problem_of(Unreachable())


def flatten(detail: Any, name: str = "") -> Iterator[FieldError]:
    """DRF's nested lists and dictionaries as a flat list; `lines.1.amount` is the amount of the second line."""
    if isinstance(detail, Mapping):
        for key, inner in detail.items():
            yield from flatten(inner, _joined(name, key))
    elif isinstance(detail, ErrorDetail):
        yield FieldError(field=name, code=str(detail.code), message=str(detail))
    else:
        for index, inner in enumerate(detail):
            yield from flatten(inner, name if isinstance(inner, ErrorDetail) else _joined(name, index))


def _invalid(errors: Iterator[FieldError]) -> Problem:
    title, detail = _("Some of the data is not valid"), _("Correct what `errors` names and send it again.")
    return Problem(400, "validation_failed", title, detail, tuple(errors))


def _joined(name: str, key: Any) -> str:
    if key in (api_settings.NON_FIELD_ERRORS_KEY, NON_FIELD_ERRORS):
        return name
    return f"{name}.{key}" if name else str(key)
