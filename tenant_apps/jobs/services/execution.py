from datetime import timedelta
from uuid import UUID

import structlog
from celery.exceptions import SoftTimeLimitExceeded
from django.conf import settings

from core import clock
from core.errors import LiveryError
from core.tenancy import atomic, require_scope
from core.tenancy.threads import repeating
from tenant_apps.jobs.choices import RunState
from tenant_apps.jobs.errors import RunCancelled, RunLost
from tenant_apps.jobs.models import TaskRun
from tenant_apps.jobs.services.progress import Progress, announce_end
from tenant_apps.jobs.services.registry import job_of

# A run whose workers were killed so often is what kills them.
MAX_ATTEMPTS = 5
TOO_LONG = "This took too long and was stopped. Try it with less at a time."
TOO_OFTEN = "This was interrupted several times and was given up. Tell us, please."
BROKEN = "Something failed on our side. Try again; if it fails again, tell us."
_log = structlog.get_logger("livery.jobs")


def lease() -> timedelta:
    """How long a worker that runs a job is believed after its last heartbeat.

    It is over before the broker hands the message of a killed worker to another, which can then resume at once.
    """
    return timedelta(seconds=settings.BROKER_LEASE_SECONDS / 2)


def run_execute(*, run_id: UUID) -> TaskRun | None:
    """Do what a run asks for; None where there is nothing to do: it is gone, ended, cancelled, or another has it.

    An error of the job ends the run as failed and is raised again.
    """
    if require_scope().read_only:
        return None
    run = _take(run_id)
    if run is None:
        return None
    progress = Progress(run, lease())
    try:
        with repeating(progress.beat, every=lease().total_seconds() / 4):
            result = job_of(run.kind).function(progress, **run.arguments)
        progress.end(RunState.SUCCEEDED, result=result)
    except RunCancelled:
        progress.end(RunState.CANCELLED)
    except RunLost:
        _log.warning("run_lost", run_id=str(run.id), kind=run.kind, attempt=run.attempts)
    except LiveryError as refusal:
        progress.end(RunState.FAILED, error=str(refusal))
    except SoftTimeLimitExceeded:
        progress.end(RunState.FAILED, error=TOO_LONG)
        raise
    except Exception:
        progress.end(RunState.FAILED, error=BROKEN)
        raise
    return TaskRun.objects.get(pk=run.pk)


@atomic(durable=True)
def _take(run_id: UUID) -> TaskRun | None:
    """Lease a run to this worker, unless another that lives has it: its lease lasts, or it has locked the row."""
    run = TaskRun.objects.select_for_update(skip_locked=True).filter(pk=run_id).first()
    now = clock.now()
    if run is None or run.is_ended or (run.lease_until is not None and run.lease_until > now):
        return None
    if run.cancel_requested:
        _end_unrun(run, RunState.CANCELLED)
        return None
    if run.attempts >= MAX_ATTEMPTS:
        _log.error("run_given_up", run_id=str(run.id), kind=run.kind, attempts=run.attempts)
        _end_unrun(run, RunState.FAILED, error=TOO_OFTEN)
        return None
    run.state = RunState.RUNNING
    run.attempts += 1
    run.started_at = run.started_at or now
    run.heartbeat_at, run.lease_until = now, now + lease()
    run.save(update_fields=["state", "attempts", "started_at", "heartbeat_at", "lease_until"])
    return run


def _end_unrun(run: TaskRun, state: RunState, error: str = "") -> None:
    run.state, run.error, run.lease_until, run.finished_at = state, error, None, clock.now()
    run.save(update_fields=["state", "error", "lease_until", "finished_at"])
    announce_end(run, state)
