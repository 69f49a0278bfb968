import re

from csp.decorators import csp_update
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.views.decorators.http import require_safe
from drf_spectacular.renderers import (
    OpenApiJsonRenderer,
    OpenApiJsonRenderer2,
    OpenApiYamlRenderer,
    OpenApiYamlRenderer2,
)
from rest_framework.response import Response

from core.api.authentication import ApiRequest
from core.api.openapi import describe
from core.api.permissions import PUBLIC
from core.api.problems import stamp
from core.api.views import ApiView
from core.tenancy import current_scope
from core.web.context_processors import site_of

_colour = re.compile(r"#[0-9a-fA-F]{6}").fullmatch
DEFAULT_COLOUR = "#1f2937"


class SchemaView(ApiView):
    """The OpenAPI 3.1 document of this host's API."""

    schema = None
    permission_actions = {"get": PUBLIC}
    renderer_classes = (OpenApiJsonRenderer2, OpenApiJsonRenderer, OpenApiYamlRenderer2, OpenApiYamlRenderer)

    def get(self, request: ApiRequest) -> Response:
        """The document, in JSON unless YAML is asked for."""
        return Response(describe(title=_title(request._request), language=get_language() or settings.LANGUAGE_CODE))


@require_safe
@csp_update({"style-src": ["'unsafe-inline'"]})
def page(request: HttpRequest) -> HttpResponse:
    """The documentation: Swagger UI, whose components bring their own inline styles."""
    return stamp(request, render(request, "api/docs.html", {"title": _title(request)}))


@require_safe
def script(request: HttpRequest) -> HttpResponse:
    """What starts Swagger UI; a file of its own, so that the page needs no inline script."""
    return stamp(request, render(request, "api/start.js", content_type="text/javascript; charset=utf-8"))


@require_safe
def style(request: HttpRequest) -> HttpResponse:
    """The documentation in the tenant's colour."""
    return stamp(request, render(request, "api/brand.css", {"colour": _brand_colour()}, content_type="text/css"))


def _title(request: HttpRequest) -> str:
    return f"{site_of(request).name} API"


def _brand_colour() -> str:
    scope = current_scope()
    chosen = scope.tenant.options.get("brand_colour") if scope is not None and scope.tenant is not None else None
    return chosen if isinstance(chosen, str) and _colour(chosen) else DEFAULT_COLOUR
