from uuid import UUID

from core.tenancy.schedule import periodic
from core.tenancy.tasks import fan_out, platform_task, scoped_task
from tenant_apps.jobs.services import records_purge, run_execute, runs_purge, runs_sweep, sessions_purge
from tenant_apps.jobs.services.runs import TASK
from tenant_apps.jobs.services.sweep import TICK_SECONDS

_HOUR = 3_600


@scoped_task(name=TASK, queue="bulk", soft_time_limit=2 * _HOUR, time_limit=2 * _HOUR + 60)
def run_task(run_id: str) -> None:
    """Do what a run asks for."""
    run_execute(run_id=UUID(run_id))


@periodic(every=TICK_SECONDS)
@platform_task(name="jobs.sweep", queue="critical", time_limit=60)
def sweep_task() -> None:
    """Queue runs again whose message was lost."""
    runs_sweep()


@scoped_task(name="jobs.purge_one", queue="bulk")
def purge_one_task() -> None:
    """Delete what nobody needs any more in one tenant, or on the platform."""
    records_purge()
    runs_purge()
    sessions_purge()


@periodic(every=24 * _HOUR, offset=3 * _HOUR)
@platform_task(name="jobs.purge", queue="bulk")
def purge_task() -> None:
    """Delete what nobody needs any more, of each tenant at a time of its own."""
    purge_one_task.enqueue()
    fan_out(purge_one_task, spread=_HOUR)
