from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, URLResolver, include, path, re_path, reverse
from django.views.decorators.csrf import csrf_exempt
from rest_framework.response import Response
from rest_framework.routers import SimpleRouter
from rest_framework.viewsets import ViewSetMixin

from core.api import docs
from core.api.authentication import ApiRequest
from core.api.permissions import PUBLIC
from core.api.problems import problem_response
from core.api.views import ApiView
from core.errors import NotFound
from core.web.context_processors import site_of


@dataclass(frozen=True, slots=True)
class Registration:
    """One resource of a room: its path below the prefix, such as `users/people`, its viewset or plain view.

    A plain view's path may hold converters, `reports/<uuid:id>`; the root does not list it then.

    Routes are called after `name`: `<name>-list`, `<name>-detail`, `<name>-<action>`, a plain view's just `<name>`.
    """

    path: str
    view: type[Any]
    name: str = ""

    @property
    def route_name(self) -> str:
        """The given name, else the path with dashes."""
        return self.name or self.path.replace("/", "-")


class RootView(ApiView):
    """What the API offers."""

    schema = None
    authentication_classes = ()
    permission_actions = {"get": PUBLIC}
    registrations: tuple[Registration, ...] = ()

    def get(self, request: ApiRequest) -> Response:
        """The resources by room, and where they are described."""
        rooms: dict[str, dict[str, str]] = {}
        for each in self.registrations:
            if "<" in each.path:
                continue
            room, _, resource = each.path.partition("/")
            rooms.setdefault(room, {})[resource or room] = request.build_absolute_uri(f"{request.path}{each.path}/")
        return Response(
            {
                "name": site_of(request._request).name,
                "documentation": request.build_absolute_uri(reverse("api-docs")),
                "schema": request.build_absolute_uri(reverse("api-schema")),
                "rooms": rooms,
            }
        )


def api_urlpatterns(prefix: str, registrations: Iterable[Registration]) -> list[URLPattern | URLResolver]:
    """All of `/api/`: the registered resources below a prefix such as `api/v1`, the schema, the documentation page.

    Whatever else is asked for below /api/ is a 404 in problem+json, also while developing, where Django shows a page.
    """
    listed = tuple(registrations)
    return [
        path(f"{prefix}/", RootView.as_view(registrations=listed), name="api-root"),
        *[pattern for each in listed for pattern in _patterns(prefix, each)],
        path("api/schema/", docs.SchemaView.as_view(), name="api-schema"),
        path("api/docs/", docs.page, name="api-docs"),
        path("api/docs/start.js", docs.script, name="api-docs-script"),
        path("api/docs/brand.css", docs.style, name="api-docs-style"),
        re_path(r"^api(?:/.*)?\Z", unknown_route, name="api-unknown"),
    ]


@csrf_exempt
def unknown_route(request: HttpRequest) -> HttpResponse:
    """There is no such route; the same answer as for a missing object."""
    return problem_response(request, status=NotFound.status, code=NotFound.code, title=NotFound.title)


def _patterns(prefix: str, registration: Registration) -> list[URLPattern | URLResolver]:
    if not issubclass(registration.view, ViewSetMixin):
        return [path(f"{prefix}/{registration.path}/", registration.view.as_view(), name=registration.route_name)]
    router = SimpleRouter(use_regex_path=False)
    router.register(registration.path, registration.view, basename=registration.route_name)
    return [path(f"{prefix}/", include(router.urls))]
