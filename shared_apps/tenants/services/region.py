from collections.abc import Mapping
from typing import Any

from core.actor import Actor
from core.tenancy import TenantRef, atomic, current_scope, on_commit, platform_context, tenant_context
from core.tenancy.errors import CrossedContext
from core.tenancy.lifecycle import TenantState, writable
from shared_apps.tenants.branding.errors import BrandHeld
from shared_apps.tenants.branding.models import BrandDraft
from shared_apps.tenants.branding.values import BrandValues, changed
from shared_apps.tenants.invalidation import announce
from shared_apps.tenants.models import Tenant
from shared_apps.trail.services import trail_record

REGION_FIELDS = ("locale", "time_zone")


def region_checked(changes: Mapping[str, Any]) -> dict[str, str]:
    """A locale or a time zone in its one spelling; raises BrandRefused, which names what is not valid."""
    checked = changed(BrandValues(), {name: changes[name] for name in REGION_FIELDS if name in changes})
    return {name: getattr(checked, name) for name in REGION_FIELDS if name in changes}


def tenant_region_change(*, tenant: TenantRef, changes: Mapping[str, Any], actor: Actor) -> None:
    """Set the locale or the time zone of an organisation, also in the brand's draft, which may set them too.

    The row is the registry's: call it outside of any transaction. Raises BrandRefused, BrandHeld.
    """
    scope = current_scope()
    if scope is not None and scope.tenant is not None and scope.tenant.uuid != tenant.uuid:
        raise CrossedContext("This is the region of another organisation.")
    wanted = region_checked(changes)
    with platform_context(), atomic():
        row = Tenant.objects.select_for_update().get(pk=tenant.uuid)
        if not writable(TenantState(row.state)):
            raise BrandHeld
        before = {name: row.options.get(name, "") for name in wanted}
        found = {name: {"from": before[name], "to": value} for name, value in wanted.items() if before[name] != value}
        if found:
            row.options = {**row.options, **wanted}
            row.save(update_fields=["options"])
            _change_draft(row, wanted)
            on_commit(announce)
    if found:
        with tenant_context(tenant):
            trail_record(actor=actor, action="organisation.edit", obj=row, changes=found)


def _change_draft(row: Tenant, wanted: Mapping[str, str]) -> None:
    """A draft that was read before would bring the old ones back, so it counts as changed."""
    draft = BrandDraft.objects.filter(tenant=row).first()
    if draft is not None:
        draft.values = {**draft.values, **wanted}
        draft.version += 1
        draft.save(update_fields=["values", "version"])
