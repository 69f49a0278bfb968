from uuid import UUID

from django.db.models import QuerySet

from core.errors import NotFound
from tenant_apps.events.models import OutboxEvent


def event_list() -> QuerySet[OutboxEvent]:
    """All events that are kept, newest first."""
    return OutboxEvent.objects.order_by("-id")


def event_get(event_id: UUID) -> OutboxEvent:
    """One event with its deliveries; raises NotFound."""
    event = OutboxEvent.objects.prefetch_related("deliveries").filter(pk=event_id).first()
    if event is None:
        raise NotFound
    return event
