from core.actor import Actor
from core.errors import NotFound, PermissionRefused
from core.tenancy import atomic
from core.web.onboarding import steps_for
from tenant_apps.onboarding.models import EVERYTHING, Dismissal


@atomic()
def checklist_dismiss(*, actor: Actor) -> None:
    """Put the whole list away, for this person alone. Raises PermissionRefused for who is no person."""
    _dismiss(actor, EVERYTHING)


@atomic()
def step_skip(*, code: str, actor: Actor) -> None:
    """Say that this person will not do a step. Raises NotFound for one that is not theirs or cannot be skipped."""
    if not any(step.code == code and step.can_be_skipped for step in steps_for(actor)):
        raise NotFound
    _dismiss(actor, code)


def _dismiss(actor: Actor, code: str) -> None:
    if actor.user is None:
        raise PermissionRefused("Only a person has first steps.")
    Dismissal.objects.bulk_create([Dismissal(user=actor.user, code=code)], ignore_conflicts=True)
