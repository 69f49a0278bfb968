import time
from datetime import timedelta

import structlog
from django.db import Error
from django.db.models import Q

from core import clock
from core.tenancy import tenant_context
from core.tenancy.tasks import enqueue, tenants_of_slice
from tenant_apps.jobs.choices import RunState
from tenant_apps.jobs.models import TaskRun
from tenant_apps.jobs.services.registry import job_queue
from tenant_apps.jobs.services.runs import TASK

TICK_SECONDS = 15
# Each tenant's table is asked once in this many ticks: every five minutes.
TICKS = 20
# A queued run whose message has been out for so long is queued again; the worker that comes second finds it taken.
PATIENCE = timedelta(minutes=10)
# A killed worker's message comes back by itself; this is for when it was lost as well.
LEASE_OVERDUE = timedelta(minutes=1)
_BATCH = 100
_log = structlog.get_logger("livery.jobs")


def runs_sweep() -> int:
    """Queue runs again whose message was lost, of the platform and of one slice of the tenants; returns how many.

    Call it every TICK_SECONDS in the platform's context.
    """
    queued = runs_requeue()
    for tenant in tenants_of_slice(int(time.time() // TICK_SECONDS) % TICKS, TICKS):
        with tenant_context(tenant):
            try:
                queued += runs_requeue()
            except Error as error:
                # One tenant that is being moved or deleted must not keep the others waiting.
                _log.warning("runs_not_asked", reason=str(error))
    return queued


def runs_requeue() -> int:
    """Queue again what waits without a message, or runs without a worker, in this schema; returns how many."""
    now = clock.now()
    lost = Q(state=RunState.QUEUED) | Q(state=RunState.RUNNING, lease_until__lt=now - LEASE_OVERDUE)
    runs = list(TaskRun.objects.filter(lost, queued_at__lt=now - PATIENCE).order_by("created_at")[:_BATCH])
    TaskRun.objects.filter(pk__in=[run.pk for run in runs]).update(queued_at=now)
    for run in runs:
        _log.warning("run_queued_again", run_id=str(run.id), kind=run.kind, state=run.state)
        enqueue(TASK, run.id, queue=job_queue(run.kind))
    return len(runs)
