from uuid import UUID

from core.tenancy.schedule import periodic
from core.tenancy.tasks import platform_task
from shared_apps.signup.selectors import sign_ups_waiting
from shared_apps.signup.services import sign_up_provision, sign_ups_purge


@platform_task(name="signup.provision", queue="fleet", time_limit=600)
def provision_task(sign_up_id: str) -> None:
    """Make the organisation of one sign-up usable."""
    sign_up_provision(sign_up_id=UUID(sign_up_id))


@periodic(every=60, offset=23)
@platform_task(name="signup.sweep")
def sweep_task() -> None:
    """Go on with what was confirmed and then interrupted, or failed."""
    for sign_up_id in sign_ups_waiting():
        provision_task.enqueue(sign_up_id)


@periodic(every=3600, offset=41)
@platform_task(name="signup.purge", queue="bulk", time_limit=60)
def purge_task() -> None:
    """Forget who began and did not go on."""
    sign_ups_purge()
