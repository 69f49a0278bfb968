from uuid import UUID

from core import clock
from core.actor import Actor
from core.errors import NotFound
from core.tenancy import atomic
from core.tenancy.tasks import enqueue
from shared_apps.trail.services import trail_record
from tenant_apps.jobs.choices import RunState
from tenant_apps.jobs.errors import RunNotFailed
from tenant_apps.jobs.models import TaskRun
from tenant_apps.jobs.services.registry import job_queue
from tenant_apps.jobs.services.runs import TASK


@atomic()
def run_retry(*, run_id: UUID, actor: Actor) -> TaskRun:
    """Let a failed job go on from its last checkpoint, still on behalf of whoever started it.

    Raises NotFound, RunNotFailed.
    """
    run = TaskRun.objects.select_for_update().filter(pk=run_id).first()
    if run is None:
        raise NotFound
    if run.state != RunState.FAILED:
        raise RunNotFailed
    trail_record(actor=actor, action="jobs.retry", obj=run, changes={"error": run.error})
    run.state, run.attempts, run.error = RunState.QUEUED, 0, ""
    run.finished_at, run.cancel_requested, run.queued_at = None, False, clock.now()
    run.save(update_fields=["state", "attempts", "error", "finished_at", "cancel_requested", "queued_at"])
    enqueue(TASK, run.id, queue=job_queue(run.kind))
    return run
