from core.tenancy.schedule import periodic
from core.tenancy.tasks import fan_out, platform_task, scoped_task
from tenant_apps.notifications.services import notifications_purge

_HOUR = 3_600


@scoped_task(name="notifications.purge_one", queue="bulk", time_limit=300)
def purge_one_task() -> None:
    """Delete old notifications of one tenant, or of the platform."""
    notifications_purge()


@periodic(every=24 * _HOUR, offset=4 * _HOUR)
@platform_task(name="notifications.purge", queue="bulk", time_limit=60)
def purge_task() -> None:
    """Delete old notifications everywhere, each tenant's at a time of its own."""
    purge_one_task.enqueue()
    fan_out(purge_one_task, spread=_HOUR)
