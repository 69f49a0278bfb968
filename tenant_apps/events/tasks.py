from core.tenancy.schedule import periodic
from core.tenancy.tasks import fan_out, platform_task, scoped_task
from tenant_apps.events.services import events_dispatch, events_purge, events_sweep
from tenant_apps.events.services.sweep import TICK_SECONDS

_DAY, _HOUR = 86_400, 3_600


@scoped_task(name="events.dispatch", soft_time_limit=90, time_limit=120)
def dispatch_task() -> None:
    """Hand on the events of one tenant, or of the platform."""
    events_dispatch()


@periodic(every=TICK_SECONDS)
@platform_task(name="events.sweep", queue="critical", time_limit=60)
def sweep_task() -> None:
    """Wake the dispatchers that nothing else woke."""
    events_sweep()


@scoped_task(name="events.purge_one", queue="bulk")
def purge_one_task() -> None:
    """Delete the old events of one tenant, or of the platform."""
    events_purge()


@periodic(every=_DAY, offset=2 * _HOUR)
@platform_task(name="events.purge", queue="bulk")
def purge_task() -> None:
    """Delete old events, of each tenant at a time of its own."""
    purge_one_task.enqueue()
    fan_out(purge_one_task, spread=_HOUR)
