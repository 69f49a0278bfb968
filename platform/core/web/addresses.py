from django.conf import settings
from django.urls import reverse

from core.tenancy import require_scope


def page_path(name: str, *arguments: object) -> str:
    """The path of a named page of the current site, also in a task or command, where no request chose the routes."""
    routes = settings.PLATFORM_URLCONF if require_scope().is_platform else settings.TENANT_URLCONF
    return reverse(name, urlconf=routes, args=arguments)
