from typing import Any

from core.actor import Actor
from core.clock import now
from core.tenancy import TenantState, atomic, on_commit
from core.tenancy.lifecycle import TransitionRefused, require_transition
from shared_apps.tenants.invalidation import announce
from shared_apps.tenants.models import StateChange, Tenant
from shared_apps.trail.services import trail_record

_LIVE = frozenset({TenantState.TRIAL, TenantState.ACTIVE, TenantState.PAST_DUE})
RESUMABLE = frozenset({TenantState.SUSPENDED, TenantState.READ_ONLY, TenantState.ARCHIVED})


@atomic()
def tenant_move(*, tenant: Tenant, to: TenantState, actor: Actor, reason: str = "") -> Tenant:
    """Take one step of the lifecycle under a lock on the row, with its history and trail; returns the fresh row.

    Raises TransitionRefused where the lifecycle has no such step. Every process hears of it after the commit.
    """
    locked = tenant_lock(tenant)
    step_write(locked, to=to, actor=actor, reason=reason)
    on_commit(announce)
    return locked


def tenant_lock(tenant: Tenant) -> Tenant:
    """The organisation's row as it is now, held until the transaction ends."""
    return Tenant.objects.select_for_update().get(pk=tenant.pk)


def step_write(locked: Tenant, *, to: TenantState, actor: Actor, reason: str = "", **values: Any) -> None:
    """Take one step with a row that the caller holds, and change other columns of it with the same statement.

    Raises TransitionRefused; the caller announces the change.
    """
    current = TenantState(locked.state)
    require_transition(current, to)
    if current in _LIVE and to not in _LIVE:
        values["resume_state"] = current
    values |= {"state": to, "state_changed_at": now()}
    for name, value in values.items():
        setattr(locked, name, value)
    locked.save(update_fields=list(values))
    longest = StateChange._meta.get_field("actor_label").max_length
    StateChange.objects.create(
        tenant=locked,
        from_state=current,
        to_state=to,
        reason=reason,
        actor_id=actor.id,
        actor_label=actor.label[:longest],
    )
    trail_record(
        actor=actor,
        action=f"tenants.{to.value}",
        obj=locked,
        summary=reason,
        changes={"state": {"from": current.value, "to": to.value}},
    )


def tenant_suspend(*, tenant: Tenant, actor: Actor, reason: str = "") -> Tenant:
    """Stop serving the organisation; its people see why, its data stays. Raises TransitionRefused."""
    return tenant_move(tenant=tenant, to=TenantState.SUSPENDED, actor=actor, reason=reason)


def tenant_make_read_only(*, tenant: Tenant, actor: Actor, reason: str = "") -> Tenant:
    """Let people read and export, but change nothing. Raises TransitionRefused."""
    return tenant_move(tenant=tenant, to=TenantState.READ_ONLY, actor=actor, reason=reason)


def tenant_archive(*, tenant: Tenant, actor: Actor, reason: str = "") -> Tenant:
    """Close the organisation and keep its data. Raises TransitionRefused."""
    return tenant_move(tenant=tenant, to=TenantState.ARCHIVED, actor=actor, reason=reason)


@atomic()
def tenant_resume(*, tenant: Tenant, actor: Actor, reason: str = "") -> Tenant:
    """Lead a suspended, read-only or archived organisation back to the trial, active or past-due state that it left.

    Raises TransitionRefused for any other.
    """
    locked = tenant_lock(tenant)
    if locked.state not in RESUMABLE:
        raise TransitionRefused(
            f"{locked.name} is {TenantState(locked.state).label.lower()}: there is nothing to resume."
        )
    to = TenantState(locked.resume_state or TenantState.ACTIVE)
    return tenant_move(tenant=locked, to=to, actor=actor, reason=reason)


def tenant_delete(*, tenant: Tenant, actor: Actor, reason: str = "") -> Tenant:
    """Begin the deletion of an archived organisation: it is closed for good, and the purge removes its data.

    Raises TransitionRefused for one that is not archived and was not left half-made.
    """
    return tenant_move(tenant=tenant, to=TenantState.DELETING, actor=actor, reason=reason)
