from django.db.models import TextChoices

from core.errors import Conflict


class TenantState(TextChoices):
    REQUESTED = "requested"
    PROVISIONING = "provisioning"
    READY = "ready"
    TRIAL = "trial"
    ACTIVE = "active"
    PAST_DUE = "past_due"
    READ_ONLY = "read_only"
    SUSPENDED = "suspended"
    ARCHIVED = "archived"
    DELETING = "deleting"
    PURGED = "purged"
    MOVING = "moving"
    RESTORING = "restoring"


S = TenantState
_LIVE = frozenset({S.TRIAL, S.ACTIVE, S.PAST_DUE})
_HELD = frozenset({S.READ_ONLY, S.SUSPENDED, S.ARCHIVED})

TRANSITIONS: dict[TenantState, frozenset[TenantState]] = {
    S.REQUESTED: frozenset({S.PROVISIONING, S.DELETING}),
    S.PROVISIONING: frozenset({S.READY, S.DELETING}),
    S.READY: frozenset({S.TRIAL, S.ACTIVE, S.DELETING}),
    S.TRIAL: frozenset({S.ACTIVE, S.PAST_DUE, S.MOVING}) | _HELD,
    S.ACTIVE: frozenset({S.PAST_DUE, S.MOVING}) | _HELD,
    S.PAST_DUE: frozenset({S.ACTIVE, S.MOVING}) | _HELD,
    S.READ_ONLY: _LIVE | {S.SUSPENDED, S.ARCHIVED, S.MOVING},
    S.SUSPENDED: _LIVE | {S.READ_ONLY, S.ARCHIVED, S.MOVING},
    S.ARCHIVED: _LIVE | {S.RESTORING, S.DELETING},
    S.MOVING: _LIVE | _HELD,
    S.RESTORING: _LIVE | _HELD,
    S.DELETING: frozenset({S.PURGED}),
    S.PURGED: frozenset(),
}

SERVING = _LIVE | {S.READ_ONLY}
# States in which work that was queued earlier may still run.
WORKING = SERVING
# A tenant's name and host are taken until it is gone for good.
EXISTING = frozenset(S) - {S.PURGED}


class TransitionRefused(Conflict):
    """The lifecycle has no step between these two states."""

    code = "transition_refused"
    title = "The organisation's state does not allow this"


def serves(state: TenantState) -> bool:
    """Whether pages, REST and tasks of a tenant in this state run at all."""
    return state in SERVING


def writable(state: TenantState) -> bool:
    """Whether data of a tenant in this state may change."""
    return state in _LIVE


def require_transition(current: TenantState, target: TenantState) -> None:
    """Raise TransitionRefused unless the lifecycle leads from one state to the other in one step."""
    if target not in TRANSITIONS[current]:
        raise TransitionRefused(
            f"An organisation that is {current.label.lower()} cannot become {target.label.lower()}."
        )
