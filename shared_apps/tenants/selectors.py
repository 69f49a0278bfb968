from uuid import UUID

from django.conf import settings
from django.db.models import Prefetch, QuerySet, Value

from core.errors import NotFound
from core.tenancy import TenantState
from shared_apps.tenants.effects import Effects, TableSize, table_sizes, tenant_effects
from shared_apps.tenants.fleet.progress import Wave, fleet_runs, run_items, run_waves, tenants_of
from shared_apps.tenants.models import Domain, Tenant, skeleton_of
from shared_apps.tenants.names import require_slug, slug_like_another, slug_taken
from shared_apps.tenants.overview import (
    Look,
    Template,
    lagging,
    signups_by_day,
    square_logo,
    state_history,
    step_spread,
    template_newest,
    tenant_counts,
    tenant_look,
    warm_counts,
)

__all__ = [
    "Effects",
    "Look",
    "TableSize",
    "Template",
    "Wave",
    "fleet_runs",
    "host_url",
    "lagging",
    "require_free_slug",
    "run_items",
    "run_waves",
    "signups_by_day",
    "square_logo",
    "state_history",
    "step_spread",
    "table_sizes",
    "template_newest",
    "tenant_counts",
    "tenant_effects",
    "tenant_get",
    "tenant_list",
    "tenant_look",
    "tenant_url",
    "tenant_with",
    "tenants_of",
    "warm_counts",
]


def tenant_list() -> QuerySet[Tenant]:
    """All organisations but those that are gone for good, with their hosts, the primary one first."""
    hosts = Prefetch("domains", Domain.objects.order_by("-is_primary", "domain"))
    return Tenant.objects.exclude(state=TenantState.PURGED).prefetch_related(hosts)


def tenant_get(*, slug: str) -> Tenant:
    """The organisation with this subdomain; raises NotFound."""
    tenant = tenant_list().filter(slug=slug.strip().lower()).first()
    if tenant is None:
        raise NotFound(f"There is no organisation “{slug}”.")
    return tenant


def tenant_with(tenant_id: UUID) -> Tenant:
    """The organisation with this id; raises NotFound."""
    tenant = tenant_list().filter(pk=tenant_id).first()
    if tenant is None:
        raise NotFound
    return tenant


def require_free_slug(slug: str) -> str:
    """The subdomain in its one spelling, as `require_slug` gives it, if no organisation has it or one that looks alike.

    Raises NameRefused.
    """
    slug = require_slug(slug)
    existing = Tenant.objects.exclude(state=TenantState.PURGED).annotate(seen=skeleton_of("slug"))
    alike = list(existing.filter(seen=skeleton_of(Value(slug))).values_list("slug", flat=True))
    if slug in alike:
        raise slug_taken(slug)
    if alike:
        raise slug_like_another(slug)
    return slug


def tenant_url(tenant: Tenant) -> str:
    """Where people reach an organisation of `tenant_list`; empty for one that has no host yet."""
    return next((host_url(domain.domain) for domain in tenant.domains.all()), "")


def host_url(host: str) -> str:
    """The address of a host as people reach this installation."""
    usual = {"http": 80, "https": 443}[settings.PUBLIC_SCHEME]
    port = "" if usual == settings.PUBLIC_PORT else f":{settings.PUBLIC_PORT}"
    return f"{settings.PUBLIC_SCHEME}://{host}{port}"
