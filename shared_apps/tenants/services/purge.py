from core.actor import SYSTEM
from core.tenancy import TenantState, atomic
from core.tenancy.lifecycle import TransitionRefused
from core.tenancy.storage import delete_scope_files
from shared_apps.tenants.fleet.schemas import schema_drop
from shared_apps.tenants.models import Domain, Tenant
from shared_apps.tenants.services.lifecycle import tenant_move


def tenant_purge(*, tenant: Tenant) -> Tenant:
    """Remove the data of an organisation whose deletion has begun: files, tables in batches, roles, hosts.

    Interrupted, it is simply repeated. Its uuid and history stay as the proof that it was deleted. Needs the owner's
    credentials; call it in the platform's context, outside of any transaction. Raises TransitionRefused otherwise.
    """
    if tenant.state != TenantState.DELETING:
        raise TransitionRefused(f"{tenant.name} is not being deleted.")
    while delete_scope_files(tenant.id):
        continue
    if tenant.schema_name:
        schema_drop(cell=tenant.cell, schema=tenant.schema_name)
    return _tombstone(tenant)


@atomic()
def _tombstone(tenant: Tenant) -> Tenant:
    Domain.objects.filter(tenant=tenant).delete()
    Tenant.objects.filter(pk=tenant.pk).update(schema_name=None, options={}, owner={}, epoch=tenant.epoch + 1)
    return tenant_move(tenant=tenant, to=TenantState.PURGED, actor=SYSTEM)
