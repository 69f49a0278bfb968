from collections.abc import Mapping
from datetime import date

from core import clock
from core.actor import Actor
from core.clock import now
from core.errors import FieldError
from core.events import emit
from core.tenancy import atomic
from shared_apps.trail.services import trail_record
from shared_apps.users.choices import TwoFactorDemand
from shared_apps.users.errors import PolicyRefused
from shared_apps.users.models import SignInPolicy
from shared_apps.users.selectors import has_second_factor

MOST_SESSION_HOURS = 336


@atomic()
def sign_in_policy_change(
    *, two_factor: str, grace_until: date | None, session_hours: int | None, actor: Actor
) -> SignInPolicy:
    """Change what is demanded of everybody who signs in; it counts from the next request of every kind.

    Raises PolicyRefused, also for a demand that would at once shut out whoever makes it.
    """
    SignInPolicy.objects.bulk_create([SignInPolicy(id=1)], ignore_conflicts=True)
    row = SignInPolicy.objects.select_for_update().get(pk=1)
    after = {"two_factor": two_factor, "grace_until": grace_until, "session_hours": session_hours}
    changes = {
        name: {"from": getattr(row, name), "to": value} for name, value in after.items() if getattr(row, name) != value
    }
    _require_valid(after, changes, actor)
    if changes:
        for name in changes:
            setattr(row, name, after[name])
        row.changed_at = now()
        row.save()
        trail_record(actor=actor, action="security.edit", obj=row, changes=changes)
        emit(kind="users.sign_in_policy_changed", subject_id="policy", payload={"fields": sorted(changes)})
    return row


def _require_valid(after: Mapping[str, object], changes: Mapping[str, object], actor: Actor) -> None:
    two_factor, grace, hours = after["two_factor"], after["grace_until"], after["session_hours"]
    if two_factor not in TwoFactorDemand.values:
        _refuse("two_factor", "unknown", f"Choose one of: {', '.join(TwoFactorDemand.values)}.")
    if hours is not None and not (isinstance(hours, int) and 1 <= hours <= MOST_SESSION_HOURS):
        _refuse("session_hours", "invalid", f"Give 1 to {MOST_SESSION_HOURS} hours.")
    if "grace_until" in changes and isinstance(grace, date) and grace < clock.today():
        _refuse("grace_until", "in_the_past", "Choose today or a later day.")
    shuts_out = two_factor != TwoFactorDemand.NOBODY and (not isinstance(grace, date) or grace < clock.today())
    if shuts_out and changes and actor.user is not None and not has_second_factor(actor.user):
        _refuse("two_factor", "own_first", "Set up your own second factor first, or give everybody time until a day.")


def _refuse(field: str, code: str, message: str) -> None:
    raise PolicyRefused(message, errors=[FieldError(field=field, code=code, message=message)])
