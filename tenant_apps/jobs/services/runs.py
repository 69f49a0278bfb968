from collections.abc import Mapping
from typing import Any
from uuid import UUID

from core import clock
from core.actor import Actor
from core.errors import NotFound
from core.tenancy import atomic
from core.tenancy.tasks import enqueue
from shared_apps.trail.services import trail_record
from tenant_apps.jobs.choices import RunState
from tenant_apps.jobs.errors import RunEnded
from tenant_apps.jobs.models import TaskRun
from tenant_apps.jobs.services.registry import job_of

TASK = "jobs.run"


def run_start(*, kind: str, actor: Actor, arguments: Mapping[str, Any] | None = None) -> TaskRun:
    """Queue a job, once the caller's transaction has committed; `arguments` is JSON, ids rather than data.

    Raises UnknownJob.
    """
    queue = job_of(kind).queue
    with atomic():
        run = TaskRun.objects.create(
            kind=kind,
            arguments=dict(arguments or {}),
            requested_by_kind=actor.kind,
            requested_by_id=actor.id,
            requested_by_label=actor.label,
            queued_at=clock.now(),
        )
        enqueue(TASK, run.id, queue=queue)
    return run


def run_cancel(*, run_id: UUID, actor: Actor) -> TaskRun:
    """End a run that waits; ask one that is running to stop where it next reports its progress.

    Raises NotFound, RunEnded.
    """
    with atomic():
        run = TaskRun.objects.select_for_update().filter(pk=run_id).first()
        if run is None:
            raise NotFound
        if run.is_ended:
            raise RunEnded
        run.cancel_requested = True
        if run.state == RunState.QUEUED:
            run.state, run.finished_at = RunState.CANCELLED, clock.now()
        run.save(update_fields=["cancel_requested", "state", "finished_at"])
        trail_record(actor=actor, action="jobs.cancel", obj=run)
    return run
