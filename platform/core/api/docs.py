import re
from collections.abc import Callable
from functools import wraps

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.views.decorators.csrf import csrf_exempt
from drf_spectacular.renderers import (
    OpenApiJsonRenderer,
    OpenApiJsonRenderer2,
    OpenApiYamlRenderer,
    OpenApiYamlRenderer2,
)
from rest_framework.exceptions import MethodNotAllowed
from rest_framework.response import Response

from core.api.authentication import ApiRequest
from core.api.errors import problem_of
from core.api.openapi import describe
from core.api.permissions import PUBLIC
from core.api.problems import problem_response, stamp
from core.api.views import ApiView
from core.tenancy import current_scope
from core.web.context_processors import site_of

_colour = re.compile(r"#[0-9a-fA-F]{6}").fullmatch
DEFAULT_COLOUR = "#1f2937"


Page = Callable[[HttpRequest], HttpResponse]


class SchemaView(ApiView):
    """The OpenAPI 3.1 document of this host's API."""

    schema = None
    authentication_classes = ()
    permission_actions = {"get": PUBLIC}
    renderer_classes = (OpenApiJsonRenderer2, OpenApiJsonRenderer, OpenApiYamlRenderer2, OpenApiYamlRenderer)

    def get(self, request: ApiRequest) -> Response:
        """The document, in JSON unless YAML is asked for."""
        return Response(describe(title=_title(request._request), language=get_language() or settings.LANGUAGE_CODE))


def _read_only(view: Page) -> Page:
    @csrf_exempt
    @wraps(view)
    def answer(request: HttpRequest) -> HttpResponse:
        if request.method in ("GET", "HEAD"):
            return stamp(request, view(request))
        problem = problem_of(MethodNotAllowed(f"{request.method}"))
        return problem_response(
            request, status=problem.status, code=problem.code, title=str(problem.title), detail=str(problem.detail)
        )

    return answer


@_read_only
def page(request: HttpRequest) -> HttpResponse:
    """The documentation: Swagger UI with its own files, so that the strict policy holds here as everywhere."""
    return render(request, "api/docs.html", {"title": _title(request)})


@_read_only
def script(request: HttpRequest) -> HttpResponse:
    """What starts Swagger UI; a file of its own, so that the page needs no inline script."""
    return render(request, "api/start.js", content_type="text/javascript; charset=utf-8")


@_read_only
def style(request: HttpRequest) -> HttpResponse:
    """The documentation in the tenant's colour."""
    colour = _brand_colour()
    return render(request, "api/brand.css", {"colour": colour, "ink": _ink_on(colour)}, content_type="text/css")


def _title(request: HttpRequest) -> str:
    return f"{site_of(request).name} API"


def _brand_colour() -> str:
    scope = current_scope()
    chosen = scope.tenant.options.get("brand_colour") if scope is not None and scope.tenant is not None else None
    return chosen if isinstance(chosen, str) and _colour(chosen) else DEFAULT_COLOUR


def _ink_on(colour: str) -> str:
    """Black or white, whichever stands out more (WCAG 2.2, relative luminance): 4.5:1 at least on any colour."""
    channels = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    red, green, blue = [each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in channels]
    return "#000000" if 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.179 else "#ffffff"
