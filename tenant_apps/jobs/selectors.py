from uuid import UUID

from django.db.models import QuerySet

from core.actor import Actor
from core.errors import NotFound
from tenant_apps.jobs.models import TaskRun


def run_list(*, actor: Actor) -> QuerySet[TaskRun]:
    """The runs that an actor may see, newest first: their own, and everybody's with `jobs.manage`."""
    runs = TaskRun.objects.order_by("-id")
    if actor.may("jobs.manage"):
        return runs
    return runs.filter(requested_by_kind=actor.kind, requested_by_id=actor.id)


def run_get(run_id: UUID, *, actor: Actor) -> TaskRun:
    """One of them; raises NotFound also for one that the actor may not see."""
    run = run_list(actor=actor).filter(pk=run_id).first()
    if run is None:
        raise NotFound
    return run
