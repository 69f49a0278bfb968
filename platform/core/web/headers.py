from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_vary_headers

_refused_features = ("accelerometer", "browsing-topics", "camera", "geolocation", "gyroscope", "microphone", "usb")
PERMISSIONS = ", ".join(
    [
        *(f"{feature}=()" for feature in _refused_features),
        "publickey-credentials-create=(self)",
        "publickey-credentials-get=(self)",
    ]
)

# What the policy's `report-to` names, and where browsers send it.
REPORTING_GROUP, REPORTS_PATH = "csp", "/csp-report/"


class PrivateResponseMiddleware:
    """Keep every answer out of shared caches, unless its view marked it public and it carries no cookie."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.setdefault("Permissions-Policy", PERMISSIONS)
        response.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        if f"report-to {REPORTING_GROUP}" in response.get("Content-Security-Policy", ""):
            response.setdefault("Reporting-Endpoints", f'{REPORTING_GROUP}="{REPORTS_PATH}"')
        if not is_public(response):
            response["Cache-Control"] = "no-store, private"
            patch_vary_headers(response, ["Cookie", "Authorization"])
        return response


def is_public(response: HttpResponse) -> bool:
    """Whether an answer is marked `Cache-Control: public` and is the same for everybody."""
    directives = {part.strip().lower() for part in response.get("Cache-Control", "").split(",")}
    return "public" in directives and not response.cookies
