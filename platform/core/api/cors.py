from typing import Any

from corsheaders.signals import check_request_enabled
from django.http import HttpRequest

from core.tenancy import current_scope


def connect() -> None:
    """Let django-cors-headers ask about each request."""
    check_request_enabled.connect(allow_origin, dispatch_uid="core.api.cors")


def allow_origin(sender: Any, request: HttpRequest, **kwargs: Any) -> bool:
    """Whether the tenant lists the origin, letter by letter; only for its REST API, and never with cookies."""
    scope = current_scope()
    if scope is None or scope.tenant is None or not request.path_info.startswith("/api/"):
        return False
    origin = request.headers.get("Origin", "")
    return origin != "null" and origin in scope.tenant.options.get("cors_origins", ())
