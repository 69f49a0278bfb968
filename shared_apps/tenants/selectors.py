from django.conf import settings
from django.db.models import QuerySet

from core.errors import NotFound
from shared_apps.tenants.models import Tenant


def tenant_list() -> QuerySet[Tenant]:
    """All organisations but those that are gone for good."""
    return Tenant.objects.exclude(state="purged").prefetch_related("domains")


def tenant_get(*, slug: str) -> Tenant:
    """The organisation with this subdomain; raises NotFound."""
    tenant = tenant_list().filter(slug=slug.strip().lower()).first()
    if tenant is None:
        raise NotFound(f"There is no organisation “{slug}”.")
    return tenant


def host_url(host: str) -> str:
    """The address of a host as people reach this installation."""
    usual = {"http": 80, "https": 443}[settings.PUBLIC_SCHEME]
    port = "" if settings.PUBLIC_PORT == usual else f":{settings.PUBLIC_PORT}"
    return f"{settings.PUBLIC_SCHEME}://{host}{port}"
