from urllib.parse import urlsplit

from django.conf import settings
from django.urls import reverse

from core.tenancy import require_scope

_usual_ports = {"http": 80, "https": 443}


def site_name() -> str:
    """Whose people these are: the tenant's name, or the platform's."""
    tenant = require_scope().tenant
    return tenant.name if tenant else settings.PLATFORM_NAME


def site_host() -> str:
    """The host that links name: the primary one from the registry, never the one that a request was sent to."""
    tenant = require_scope().tenant
    return tenant.primary_host if tenant else settings.PLATFORM_HOST


def public_url(path: str) -> str:
    """The address of a path for a mail; of a full address only path and query are taken."""
    parts = urlsplit(path)
    query = f"?{parts.query}" if parts.query else ""
    return f"{settings.PUBLIC_SCHEME}://{site_host()}{_port()}{parts.path}{query}"


def public_page(name: str, *arguments: object) -> str:
    """The address of a named page for a mail, also from a task or command, where no request chose the routes."""
    routes = settings.PLATFORM_URLCONF if require_scope().is_platform else settings.TENANT_URLCONF
    return public_url(reverse(name, urlconf=routes, args=arguments))


def platform_origin() -> str:
    """The origin of the platform's pages, as browsers name it (RFC 6454, section 6.2)."""
    return f"{settings.PUBLIC_SCHEME}://{settings.PLATFORM_HOST}{_port()}"


def _port() -> str:
    return "" if _usual_ports[settings.PUBLIC_SCHEME] == settings.PUBLIC_PORT else f":{settings.PUBLIC_PORT}"
