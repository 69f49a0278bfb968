from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from core.tenancy import current_tenant


class TenantOfContext:
    """Says whose host a request came to, as TenantMiddleware does, without asking a registry."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.tenant = current_tenant()
        return self.get_response(request)
