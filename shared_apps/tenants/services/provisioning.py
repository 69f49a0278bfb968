from typing import Any

from core.actor import SYSTEM
from core.tenancy import TenantState, atomic, cursor, on_commit, tenant_context
from core.tenancy.lifecycle import TransitionRefused
from core.tenancy.tasks import enqueue
from shared_apps.tenants.directory import tenant_ref
from shared_apps.tenants.fleet.names import new_schema_name
from shared_apps.tenants.fleet.replay import Pack, pack_get, schema_build, schema_upgrade
from shared_apps.tenants.fleet.schemas import schema_drop
from shared_apps.tenants.invalidation import announce
from shared_apps.tenants.models import Tenant, WarmSchema
from shared_apps.tenants.services.lifecycle import step_write, tenant_lock
from shared_apps.users.services.invitations import owner_account_create

UNBORN = frozenset({TenantState.REQUESTED, TenantState.PROVISIONING, TenantState.READY})


def tenant_provision(*, tenant: Tenant) -> Tenant:
    """Make a requested organisation usable: its schema, from the warm pool or by replay, and its owner's account.

    Each part is committed by itself and found done when this runs again, so an interrupted run is simply repeated; of
    two runs at once each part is done by one. Needs the owner's credentials only where no warm schema is left. Call it
    in the platform's context, outside of any transaction. Raises TransitionRefused for an organisation that is past
    its provisioning.
    """
    pack = pack_get()
    tenant = _take_schema(tenant, pack)
    if tenant.state == TenantState.PROVISIONING:
        tenant = _build(tenant, pack)
    if tenant.state == TenantState.READY:
        tenant = _catch_up(tenant)
        _open_account(tenant)
        tenant = _advance(tenant, TenantState.READY, TenantState.ACTIVE, owner={})
        _send_invitation(tenant)
    return tenant


@atomic()
def _take_schema(tenant: Tenant, pack: Pack) -> Tenant:
    locked = tenant_lock(tenant)
    if locked.state not in UNBORN:
        raise TransitionRefused(f"{locked.name} was provisioned already: it is {locked.get_state_display().lower()}.")
    if locked.state != TenantState.REQUESTED:
        return locked
    warm = (
        WarmSchema.objects.select_for_update(skip_locked=True)
        .filter(cell=locked.cell, template_step=pack.version)
        .order_by("created_at")
        .first()
    )
    schema = warm.schema_name if warm else new_schema_name()
    step_write(locked, to=TenantState.PROVISIONING, actor=SYSTEM, schema_name=schema)
    if warm is not None:
        warm.delete()
        step_write(locked, to=TenantState.READY, actor=SYSTEM, template_step=pack.version)
    on_commit(announce)
    return locked


def _build(tenant: Tenant, pack: Pack) -> Tenant:
    schema = str(tenant.schema_name)
    schema_build(cell=tenant.cell, schema=schema, pack=pack)
    tenant = _advance(tenant, TenantState.PROVISIONING, TenantState.READY, template_step=pack.version)
    if tenant.state == TenantState.PURGED:
        # It was deleted while its schema was made, and nothing names that schema any more.
        schema_drop(cell=tenant.cell, schema=schema)
    return tenant


def _catch_up(tenant: Tenant) -> Tenant:
    # A fleet migration that began before this schema was ready did not see it.
    pack = pack_get()
    if tenant.template_step < pack.version:
        schema_upgrade(cell=tenant.cell, schema=str(tenant.schema_name), pack=pack)
        with atomic():
            Tenant.objects.filter(pk=tenant.pk).update(template_step=pack.version)
        tenant.refresh_from_db()
    return tenant


def _open_account(tenant: Tenant) -> None:
    if not tenant.owner:
        return
    with tenant_context(tenant_ref(tenant, _host(tenant))), atomic():
        with cursor() as opened:
            # Another run for the same organisation waits here, and then finds the account.
            opened.execute(
                "SELECT pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended(%s, 0))", [tenant.schema_name]
            )
        owner_account_create(
            email=tenant.owner["email"], name=tenant.owner["name"], password_hash=tenant.owner["password"]
        )


def _send_invitation(tenant: Tenant) -> None:
    # Its own task came while the organisation was not open yet, and was refused.
    if tenant.state == TenantState.ACTIVE:
        with tenant_context(tenant_ref(tenant, _host(tenant))):
            enqueue("users.mail_sweep_one")


def _host(tenant: Tenant) -> str:
    return tenant.domains.get(is_primary=True).domain


@atomic()
def _advance(tenant: Tenant, expected: TenantState, to: TenantState, **values: Any) -> Tenant:
    locked = tenant_lock(tenant)
    if locked.state == expected:
        step_write(locked, to=to, actor=SYSTEM, **values)
        on_commit(announce)
    return locked
