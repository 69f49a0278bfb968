from uuid import UUID

from core.tenancy.schedule import periodic
from core.tenancy.tasks import fan_out, platform_task, scoped_task
from shared_apps.users.services import mail_due, mail_send, purge_expired


@scoped_task(name="users.mail_send", queue="default", time_limit=60)
def mail_send_task(mail_id: str) -> None:
    """Send one message."""
    mail_send(mail_id=UUID(mail_id))


@scoped_task(name="users.mail_sweep_one", queue="bulk", time_limit=60)
def mail_sweep_one_task() -> None:
    """Queue the messages of one tenant, or of the platform, that should have left, such as those of a killed worker."""
    for mail_id in mail_due():
        mail_send_task.enqueue(mail_id)


@periodic(every=120, offset=7)
@platform_task(name="users.mail_sweep", queue="default", time_limit=60)
def mail_sweep_task() -> None:
    """Sweep the platform's messages now and every tenant's within a minute."""
    mail_sweep_one_task.enqueue()
    fan_out(mail_sweep_one_task, spread=60)


@scoped_task(name="users.purge_one", queue="bulk", time_limit=300)
def purge_one_task() -> None:
    """Delete what one tenant, or the platform, no longer needs."""
    purge_expired()


@periodic(every=24 * 3600, offset=3 * 3600)
@platform_task(name="users.purge", queue="default", time_limit=60)
def purge_task() -> None:
    """Delete what is no longer needed, on the platform now and in every tenant within an hour."""
    purge_one_task.enqueue()
    fan_out(purge_one_task, spread=3600)
