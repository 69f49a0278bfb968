import hmac
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, JsonResponse

from core.observability import metrics
from core.web.errors import unknown_host_response
from core.web.readiness import failed_checks, readiness
from core.web.requests import is_local

__all__ = ["ProbeMiddleware", "readiness"]


class ProbeMiddleware:
    """Answer the operators' paths on any host, before a tenant is looked up."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.probes = {"/healthz": healthz, "/readyz": readyz, "/metrics": metrics_text}

    def __call__(self, request: HttpRequest) -> HttpResponse:
        probe = self.probes.get(request.path_info)
        if probe is None:
            return self.get_response(request)
        response = probe(request) if request.method in ("GET", "HEAD") else HttpResponseNotAllowed(["GET", "HEAD"])
        response["Cache-Control"] = "no-store, private"
        response["X-Content-Type-Options"] = "nosniff"
        return response


def healthz(request: HttpRequest) -> HttpResponse:
    """The process runs and answers; it asks nobody else, so a database outage restarts no web server."""
    return JsonResponse({"status": "ok"})


def readyz(request: HttpRequest) -> HttpResponse:
    """Whether the process can serve now; 503 names the checks that failed."""
    failed = failed_checks()
    if failed:
        return JsonResponse({"status": "unavailable", "failed": failed}, status=503, headers={"Retry-After": "5"})
    return JsonResponse({"status": "ok"})


def metrics_text(request: HttpRequest) -> HttpResponse:
    """Metrics in Prometheus text format for the holder of METRICS_TOKEN, or, where none is set, for this machine."""
    if not _may_read_metrics(request):
        return unknown_host_response()
    return HttpResponse(metrics.exposition(), content_type=metrics.CONTENT_TYPE)


def _may_read_metrics(request: HttpRequest) -> bool:
    if not settings.METRICS_TOKEN:
        return is_local(request)
    expected = f"Bearer {settings.METRICS_TOKEN}"
    return hmac.compare_digest(request.headers.get("Authorization", "").encode(), expected.encode())
