from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation

from core.tenancy import current_scope
from core.web import client_address, request_id_of, set_actor
from shared_apps.users.actors import person_actor


class ActorMiddleware:
    """Says who acts in a page, and shows it in their language and time zone.

    The session's person is read with each request, so one who was disabled or changed is signed out with the next.
    REST finds its own actor: a session's must not count there before its CSRF token was checked.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if current_scope() is None or request.path_info.startswith("/api/"):
            return self.get_response(request)
        user = request.user
        if not user.is_authenticated:
            return self.get_response(request)
        set_actor(
            request,
            person_actor(user, address=client_address(request), request_id=request_id_of(request) or None),
        )
        with timezone.override(user.time_zone or settings.TIME_ZONE):
            if not user.language:
                return self.get_response(request)
            with translation.override(user.language):
                return self.get_response(request)
