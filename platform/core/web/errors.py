from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext_lazy as _
from django_htmx.http import reswap, trigger_client_event

from core.api.problems import problem_response
from core.errors import FieldError, LiveryError, NotFound, SecondFactorRequired
from core.tenancy.context import TenantRef
from core.tenancy.errors import ReadOnlyTenant
from core.tenancy.lifecycle import TenantState
from core.web.context_processors import site_of
from core.web.htmx import redirect_after_post
from core.web.requests import request_id_of, wants_problem


@dataclass(frozen=True, slots=True)
class Fault:
    """What went wrong, in words for the person in front of it; `retry_after` is in seconds."""

    status: int
    code: str
    title: Any
    detail: Any
    icon: str = "triangle-alert"
    retry_after: int | None = None
    errors: tuple[FieldError, ...] = ()
    offers_start: bool = False
    kept: Any = ""

    @property
    def sentence(self) -> str:
        """What was kept and what to do, in one line."""
        return f"{self.kept} {self.detail}".strip()


BAD_REQUEST = Fault(
    400,
    "bad_request",
    _("That request was not understood"),
    _("Go back, check what you entered and try again."),
    kept=_("Nothing was saved."),
)
FORBIDDEN = Fault(
    403,
    "permission_refused",
    _("You may not do this"),
    _("Ask an administrator of your organisation."),
    "lock",
    offers_start=True,
    kept=_("Nothing was changed."),
)
CSRF = Fault(
    403,
    "csrf_failed",
    _("This page has been open for too long"),
    _("Go back, reload the page and send it again."),
    "refresh-cw",
    kept=_("Nothing was saved."),
)
MISSING = Fault(404, NotFound.code, _("Nothing here"), NotFound.message, "search", offers_start=True)
TOO_LARGE = Fault(
    413,
    "too_large",
    _("That is too large"),
    _("Send a smaller file, or fewer at a time."),
    "package",
    kept=_("Nothing was saved."),
)
TOO_MANY = Fault(
    429,
    "rate_limited",
    _("Too many attempts"),
    _("Wait a minute, then try again."),
    "clock",
    retry_after=60,
    kept=_("Nothing was saved this time."),
)
BROKEN = Fault(
    500,
    "server_error",
    _("Something failed on our side"),
    _("Try again. If it fails again, send us the reference below."),
    offers_start=True,
    kept=_("What was saved before is safe; this last step was undone."),
)
UNAVAILABLE = Fault(
    503,
    "unavailable",
    _("Not available at the moment"),
    _("Try again in a minute."),
    "refresh-cw",
    retry_after=30,
    kept=_("Nothing was saved, and nothing was lost."),
)

_opening = Fault(
    503,
    "tenant_opening",
    _("Almost ready"),
    _("This site is being set up. It opens in a moment."),
    "refresh-cw",
    retry_after=5,
)
_moving = Fault(
    503,
    "tenant_moving",
    _("Back soon"),
    _("This site is being moved. Try again in a few minutes."),
    "refresh-cw",
    retry_after=30,
    kept=_("Everything that was saved is kept."),
)
_behind = Fault(
    503,
    "tenant_updating",
    _("Back soon"),
    _("This site is being updated. Try again in a minute."),
    "refresh-cw",
    retry_after=30,
    kept=_("Everything that was saved is kept."),
)
_read_only = Fault(
    403,
    ReadOnlyTenant.code,
    ReadOnlyTenant.title,
    ReadOnlyTenant.message,
    "lock",
    offers_start=True,
    kept=_("Everything can still be read."),
)
_suspended = Fault(
    403,
    "tenant_suspended",
    _("This site is suspended"),
    _("The organisation's administrators know what to do."),
    "lock",
    kept=_("Nothing is lost: everything that was saved is kept."),
)
_archived = Fault(
    410,
    "tenant_archived",
    _("This site is closed"),
    _("The organisation has closed it. Ask the people that you know there."),
    "inbox",
)
_state_faults = {
    TenantState.REQUESTED: _opening,
    TenantState.PROVISIONING: _opening,
    TenantState.READY: _opening,
    TenantState.READ_ONLY: _read_only,
    TenantState.SUSPENDED: _suspended,
    TenantState.ARCHIVED: _archived,
    TenantState.DELETING: Fault(
        410, "tenant_closed", _("This site is closed"), _("The organisation has closed it."), "inbox"
    ),
    TenantState.MOVING: _moving,
    TenantState.RESTORING: _moving,
}
# Every page that a fault can show, for the style guide.
SHOWN = (
    BAD_REQUEST,
    FORBIDDEN,
    CSRF,
    MISSING,
    TOO_LARGE,
    TOO_MANY,
    BROKEN,
    UNAVAILABLE,
    _opening,
    _moving,
    _behind,
    _read_only,
    _suspended,
    _archived,
)


def fault_response(request: HttpRequest, fault: Fault) -> HttpResponse:
    """The answer to a fault: problem+json for REST, a toast for htmx, a page for everybody else."""
    headers = {"Retry-After": str(fault.retry_after)} if fault.retry_after else {}
    if wants_problem(request):
        return problem_response(
            request,
            status=fault.status,
            code=fault.code,
            title=str(fault.title),
            detail=fault.sentence,
            errors=list(fault.errors),
            headers=headers,
        )
    page = render_to_string("errors/page.html", {"site": site_of(request), "fault": fault})
    response = HttpResponse(page, status=fault.status, headers=headers)
    if request.headers.get("HX-Request") == "true":
        reference = f" {_('Reference')} {request_id_of(request)}" if fault.status >= 500 else ""
        toast = {"level": "error", "title": str(fault.title), "message": f"{fault.sentence}{reference}"}
        reswap(trigger_client_event(response, "toast", {"messages": [toast]}), "none")
    return response


def unknown_host_response() -> HttpResponse:
    """The one page for a host that nobody has, the same bytes for each: it names neither a tenant nor the platform."""
    with translation.override(settings.LANGUAGE_CODE):
        return HttpResponse(render_to_string("errors/unknown_host.html"), status=404)


def tenant_state_response(ref: TenantRef, request: HttpRequest, *, behind: bool = False) -> HttpResponse:
    """What a tenant that cannot serve this request answers; `behind` says that its schema lags behind the code.

    A purged tenant is gone from the world: its host answers like one that never was.
    """
    if ref.state == TenantState.PURGED:
        return unknown_host_response()
    request.tenant = ref  # type: ignore[attr-defined]
    return fault_response(request, _behind if behind else _state_faults.get(ref.state, _behind))


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Handler of 400; a body over DATA_UPLOAD_MAX_MEMORY_SIZE reaches it too and is a 413."""
    return fault_response(request, TOO_LARGE if isinstance(exception, RequestDataTooBig) else BAD_REQUEST)


def permission_denied(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Handler of 403."""
    return fault_response(request, FORBIDDEN)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Handler of 404: the same for a missing page, a missing object and one that the caller may not see."""
    return fault_response(request, MISSING)


def too_large(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Handler of 413."""
    return fault_response(request, TOO_LARGE)


def too_many_requests(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Handler of 429; allauth's rate limits find it as `handler429` of ROOT_URLCONF."""
    return fault_response(request, TOO_MANY)


def server_error(request: HttpRequest) -> HttpResponse:
    """Handler of 500: the request id is all that leads from the page to the log."""
    return fault_response(request, BROKEN)


def unavailable(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Handler of 503."""
    return fault_response(request, UNAVAILABLE)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer to a missing or stale CSRF token; the reason is logged by Django and not shown."""
    return fault_response(request, CSRF)


class RefusalMiddleware:
    """Turn a service's named refusal that a view let through into an answer with the refusal's own sentence."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, LiveryError):
            return None
        if isinstance(exception, SecondFactorRequired) and not wants_problem(request):
            messages.warning(request, _("Your work here needs two-factor sign-in. Set it up, and everything opens."))
            return redirect_after_post(request, settings.SECOND_FACTOR_URL)
        if exception.status == MISSING.status:
            # Word for word what a route or an object that never was answers.
            return not_found(request)
        return fault_response(
            request,
            Fault(
                exception.status,
                exception.code,
                exception.title,
                str(exception),
                retry_after=UNAVAILABLE.retry_after if exception.status == 503 else None,
                errors=tuple(exception.errors),
                offers_start=exception.status == 403,
            ),
        )
