import time
from collections.abc import Callable

import structlog
from django.http import HttpRequest, HttpResponse

from core.observability import metrics
from core.observability.redaction import redact_path
from core.web.context_processors import site_of

REQUEST_LOGGER = "livery.request"
logger = structlog.get_logger(REQUEST_LOGGER)


class RequestLogMiddleware:
    """Write one line and count once for each answered request; neither holds the query string or a body."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        began = time.perf_counter()
        response = self.get_response(request)
        seconds = time.perf_counter() - began
        host_kind, route, method = site_of(request).host_kind, route_of(request), method_of(request)
        metrics.HTTP_REQUESTS.labels(host_kind, route, method, f"{response.status_code // 100}xx").inc()
        metrics.HTTP_SECONDS.labels(host_kind, route).observe(seconds)
        tenant = getattr(request, "tenant", None)
        log = logger.error if response.status_code >= 500 else logger.info
        log(
            "request",
            method=method,
            path=redact_path(request.path_info),
            route=route,
            status=response.status_code,
            milliseconds=round(seconds * 1000, 1),
            tenant=str(tenant.uuid) if tenant else host_kind,
        )
        return response


def route_of(request: HttpRequest) -> str:
    """The name of the matched route; `none` where nothing matched, so that labels stay few."""
    match = request.resolver_match
    if match is None:
        return "none"
    return match.view_name if match.url_name else match.route


def method_of(request: HttpRequest) -> str:
    """The method, `other` for one that HTTP does not define."""
    known = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
    return request.method if request.method in known else "other"
