from collections.abc import Callable

from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation

from core.tenancy import current_scope
from core.web import client_address, request_id_of, set_actor
from shared_apps.users.actors import person_actor
from shared_apps.users.sign_in_policy import session_is_over


class ActorMiddleware:
    """Says who acts in a page, and shows it in their language and time zone.

    The session's person is read with each request, so one who was disabled or changed is signed out with the next, and
    so is a session that lasts longer than the organisation's policy allows.
    REST finds its own actor: a session's must not count there before its CSRF token was checked.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if current_scope() is None or request.path_info.startswith("/api/"):
            return self.get_response(request)
        if request.user.is_authenticated and session_is_over(request):
            logout(request)
        user = request.user
        if not user.is_authenticated:
            return self.get_response(request)
        set_actor(
            request,
            person_actor(user, address=client_address(request), request_id=request_id_of(request) or None),
        )
        with timezone.override(user.time_zone or _organisation_time_zone()):
            if not user.language:
                return self.get_response(request)
            with translation.override(user.language):
                return self.get_response(request)


def _organisation_time_zone() -> str:
    """The clock of people who chose none: the organisation's, which its registry row brings with each request."""
    scope = current_scope()
    chosen = scope.tenant.options.get("time_zone", "") if scope is not None and scope.tenant is not None else ""
    return str(chosen) or settings.TIME_ZONE
