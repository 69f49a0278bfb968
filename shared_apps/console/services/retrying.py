from uuid import UUID

from django.db import DatabaseError

from core.actor import Actor
from core.backlogs import backlog_of
from core.tenancy import atomic, directory, platform_context, tenant_context
from core.tenancy.errors import NoTenant
from core.tenancy.lifecycle import writable
from shared_apps.console.errors import TenantHeld, TenantSilent
from shared_apps.tenants.selectors import tenant_with
from shared_apps.trail.services import trail_record


def piece_retry(*, tenant_id: UUID, backlog: str, piece_id: UUID, actor: Actor) -> None:
    """Begin a piece of an organisation's work anew, written down in its trail and in the platform's.

    Call it outside of any transaction. Raises NotFound, Conflict, TenantHeld, TenantSilent.
    """
    kind = backlog_of(backlog)
    tenant = tenant_with(tenant_id)
    ref = directory().by_uuid(tenant_id)
    if not writable(ref.state) or not ref.schema:
        raise TenantHeld
    try:
        with tenant_context(ref):
            kind.retry(piece_id, actor)
    except (DatabaseError, NoTenant) as error:
        raise TenantSilent from error
    with platform_context(), atomic():
        trail_record(actor=actor, action="console.retry", obj=tenant, summary=f"{kind.name} {piece_id}")
