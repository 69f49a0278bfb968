from datetime import datetime

from core.clock import now
from core.tenancy import atomic
from shared_apps.console.models import Heartbeat


@atomic()
def heartbeat_note(*, queue: str, sent_at: datetime, worker: str) -> None:
    """Keep that a worker has heard the scheduler on a queue; an older message that comes late changes nothing."""
    values = {"sent_at": sent_at, "heard_at": now(), "worker": worker}
    if not Heartbeat.objects.filter(queue=queue, sent_at__gt=sent_at).exists():
        Heartbeat.objects.update_or_create(queue=queue, defaults=values)
