from core.actor import SYSTEM
from core.tenancy.schedule import periodic
from core.tenancy.tasks import fan_out, platform_task, tenant_task
from tenant_apps.accounting.services import holds_expire, ledger_check, ledger_fold

_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400
_FOLD_EVERY = 5 * _MINUTE


@tenant_task(name="accounting.fold_one", queue="default")
def fold_one_task() -> None:
    """Fold the hot accounts of one tenant and release its expired holds."""
    ledger_fold()
    holds_expire()


@periodic(every=_FOLD_EVERY)
@platform_task(name="accounting.fold", queue="default")
def fold_task() -> None:
    """Fold each tenant's hot accounts, each at a moment of its own."""
    fan_out(fold_one_task, spread=_FOLD_EVERY)


@tenant_task(name="accounting.check_one", queue="bulk", time_limit=2 * _HOUR, writes=False)
def check_one_task() -> None:
    """Check the books of one tenant; what is wrong goes to the log and the metrics."""
    ledger_check(actor=SYSTEM)


@periodic(every=_DAY, offset=3 * _HOUR)
@platform_task(name="accounting.check", queue="bulk")
def check_task() -> None:
    """Check the books of every tenant, each at a moment of its own in the night."""
    fan_out(check_one_task, spread=3 * _HOUR)
