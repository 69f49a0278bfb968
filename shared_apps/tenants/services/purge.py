from core.actor import SYSTEM
from core.tenancy import TenantState, atomic, on_commit
from core.tenancy.lifecycle import TransitionRefused
from core.tenancy.storage import delete_scope_files
from shared_apps.tenants.fleet.locks import PURGE, held
from shared_apps.tenants.fleet.schemas import schema_drop
from shared_apps.tenants.invalidation import announce
from shared_apps.tenants.models import BrandAsset, BrandDraft, BrandVersion, Domain, Tenant
from shared_apps.tenants.services.lifecycle import step_write, tenant_lock


def tenant_purge(*, tenant: Tenant) -> Tenant:
    """Remove the data of an organisation whose deletion has begun: tables in batches, roles, files, hosts.

    Interrupted, it is simply repeated; another purge that is at work is waited for. Its uuid and history stay as the
    proof that it was deleted. Needs the owner's credentials; call it in the platform's context, outside of any
    transaction. Raises TransitionRefused for one that is not being deleted.
    """
    with held(PURGE, wait=True):
        tenant.refresh_from_db()
        if tenant.state == TenantState.PURGED:
            return tenant
        if tenant.state != TenantState.DELETING:
            raise TransitionRefused(f"{tenant.name} is not being deleted.")
        if tenant.schema_name:
            schema_drop(cell=tenant.cell, schema=tenant.schema_name)
        # Without its tables nothing of the organisation can write another file.
        while delete_scope_files(tenant.id):
            continue
        return _tombstone(tenant)


@atomic()
def _tombstone(tenant: Tenant) -> Tenant:
    locked = tenant_lock(tenant)
    for model in (Domain, BrandDraft, BrandVersion, BrandAsset):
        model.objects.filter(tenant=locked).delete()
    epoch = locked.epoch + 1
    step_write(locked, to=TenantState.PURGED, actor=SYSTEM, schema_name=None, options={}, owner={}, epoch=epoch)
    on_commit(announce)
    return locked
