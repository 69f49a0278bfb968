"""Two organisations that are alike to the last id: what belongs to one must mean nothing in the other."""

from dataclasses import dataclass

from core.actor import SYSTEM
from core.tenancy import TenantRef, directory, platform_context
from shared_apps.tenants.services import tenant_provision, tenant_request

SLUGS = ("north", "south")


@dataclass(frozen=True, slots=True)
class Twins:
    first: TenantRef
    second: TenantRef


def make_twins() -> Twins:
    """Provision both, as a platform admin would."""
    with platform_context():
        made = [
            tenant_provision(tenant=tenant_request(slug=slug, name=f"{slug.title()} Ltd", owner=None, actor=SYSTEM))
            for slug in SLUGS
        ]
    return Twins(*(directory().by_uuid(tenant.id) for tenant in made))
