from datetime import datetime
from uuid import UUID

from celery import current_task

from core.clock import now
from core.tenancy.schedule import periodic
from core.tenancy.tasks import QUEUES, platform_task
from shared_apps.console.services.beating import heartbeat_note
from shared_apps.console.services.measuring import measure_slices, measures_purge, slice_measure
from shared_apps.console.services.orders import order_execute, orders_sweep

_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400


@periodic(every=_HOUR, offset=17 * _MINUTE)
@platform_task(name="console.measure", queue="bulk")
def measure_task() -> None:
    """Let every organisation be measured, a slice in each task."""
    measures_purge()
    count = measure_slices()
    for number in range(count):
        measure_slice_task.enqueue(number, count)


@platform_task(name="console.measure_slice", queue="bulk", time_limit=_HOUR)
def measure_slice_task(number: int, count: int) -> None:
    """Measure one slice of the organisations."""
    slice_measure(number=number, count=count)


@periodic(every=_MINUTE, offset=7)
@platform_task(name="console.beat", queue="critical")
def beat_task() -> None:
    """Send a sign of life into every queue. It expires, so that none pile up while nobody listens."""
    for queue in QUEUES:
        heard_task.apply_async(args=[queue, now().isoformat()], queue=queue, expires=_MINUTE)


@platform_task(name="console.heard", queue="critical")
def heard_task(queue: str, sent_at: str) -> None:
    """Note that a worker hears this queue."""
    worker = current_task.request.hostname if current_task else ""
    heartbeat_note(queue=queue, sent_at=datetime.fromisoformat(sent_at), worker=worker or "")


@platform_task(name="console.order", queue="fleet", time_limit=_DAY)
def order_task(order_id: str) -> None:
    """Do what somebody asked for over the fleet."""
    order_execute(order_id=UUID(order_id))


@periodic(every=_MINUTE, offset=41)
@platform_task(name="console.order_sweep", queue="critical")
def order_sweep_task() -> None:
    """Queue orders again whose message was lost."""
    orders_sweep()
