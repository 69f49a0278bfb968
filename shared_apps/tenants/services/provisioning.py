from django.db.models.functions import Now

from core.actor import SYSTEM
from core.tenancy import TenantState, atomic, on_commit, platform_context, tenant_context
from core.tenancy.lifecycle import TransitionRefused
from shared_apps.tenants.directory import tenant_ref
from shared_apps.tenants.fleet.names import new_schema_name
from shared_apps.tenants.fleet.replay import Pack, pack_get, schema_build
from shared_apps.tenants.invalidation import announce
from shared_apps.tenants.models import Tenant, WarmSchema
from shared_apps.tenants.services.lifecycle import tenant_move

_UNBORN = {TenantState.REQUESTED, TenantState.PROVISIONING, TenantState.READY}


def tenant_provision(*, tenant: Tenant) -> Tenant:
    """Make a requested organisation usable: its schema, from the warm pool or by replay, and its owner's account.

    Each part is committed by itself and found done when this runs again, so an interrupted run is simply repeated.
    Needs the owner's credentials only where no warm schema is left. Call it in the platform's context, outside of any
    transaction. Raises TransitionRefused for an organisation that is past its provisioning.
    """
    if tenant.state not in _UNBORN:
        raise TransitionRefused(f"{tenant.name} was provisioned already.")
    pack = pack_get()
    tenant = _take_schema(tenant, pack)
    if tenant.state == TenantState.PROVISIONING:
        schema_build(cell=tenant.cell, schema=_schema(tenant), pack=pack)
        tenant = _became_ready(tenant, pack)
    _open_account(tenant)
    return _open(tenant)


@atomic()
def _take_schema(tenant: Tenant, pack: Pack) -> Tenant:
    locked = Tenant.objects.select_for_update().get(pk=tenant.pk)
    if locked.state != TenantState.REQUESTED:
        return locked
    warm = (
        WarmSchema.objects.select_for_update(skip_locked=True)
        .filter(cell=locked.cell, template_step=pack.version)
        .order_by("created_at")
        .first()
    )
    locked.schema_name = warm.schema_name if warm else new_schema_name()
    locked.save(update_fields=["schema_name"])
    locked = tenant_move(tenant=locked, to=TenantState.PROVISIONING, actor=SYSTEM)
    if warm is None:
        return locked
    warm.delete()
    return _became_ready(locked, pack)


@atomic()
def _became_ready(tenant: Tenant, pack: Pack) -> Tenant:
    Tenant.objects.filter(pk=tenant.pk).update(template_step=pack.version)
    return tenant_move(tenant=tenant, to=TenantState.READY, actor=SYSTEM)


def _open_account(tenant: Tenant) -> None:
    if not tenant.owner:
        return
    from shared_apps.users.services import owner_account_create

    with tenant_context(tenant_ref(tenant, tenant.domains.get(is_primary=True).domain)):
        owner_account_create(
            email=tenant.owner["email"], name=tenant.owner["name"], password_hash=tenant.owner.get("password", "")
        )


@atomic()
def _open(tenant: Tenant) -> Tenant:
    Tenant.objects.filter(pk=tenant.pk).update(owner={}, state_changed_at=Now())
    on_commit(announce)
    return tenant_move(tenant=tenant, to=TenantState.ACTIVE, actor=SYSTEM)


def _schema(tenant: Tenant) -> str:
    if not tenant.schema_name:
        raise TransitionRefused(f"{tenant.name} has no schema to build.")
    return tenant.schema_name


def provision_unfinished() -> int:
    """Go on with every organisation whose provisioning was interrupted; returns how many became usable."""
    with platform_context():
        unfinished = list(Tenant.objects.filter(state__in=_UNBORN))
        for tenant in unfinished:
            tenant_provision(tenant=tenant)
    return len(unfinished)
