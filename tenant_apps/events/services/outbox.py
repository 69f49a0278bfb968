from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from core import clock
from core.actor import Actor
from core.errors import NotFound
from core.tenancy import atomic, in_transaction, on_commit
from shared_apps.trail.services import trail_record
from tenant_apps.events.choices import EventState
from tenant_apps.events.errors import EmittedOutsideTransaction, EventDelivered
from tenant_apps.events.models import EventDelivery, OutboxEvent
from tenant_apps.events.services.wakeups import wake

KEPT_DAYS = 30


def event_write(kind: str, subject_id: str, payload: Mapping[str, Any]) -> UUID:
    """Keep a fact in the caller's transaction and wake the dispatcher after its commit; returns the event's id.

    Raises EmittedOutsideTransaction.
    """
    if not in_transaction():
        raise EmittedOutsideTransaction(f"Emit {kind} inside the atomic() that makes it true.")
    event = OutboxEvent.objects.create(kind=kind, subject_id=subject_id, payload=dict(payload))
    on_commit(wake)
    return event.id


def event_retry(*, event_id: UUID, actor: Actor) -> OutboxEvent:
    """Hand an event on anew, at once: one that was given up, or one that waits for its next attempt.

    One that was given up was overtaken by the later events of its subject. Raises NotFound, EventDelivered.
    """
    with atomic():
        event = OutboxEvent.objects.select_for_update().filter(pk=event_id).first()
        if event is None:
            raise NotFound
        if event.state == EventState.DISPATCHED:
            raise EventDelivered
        event.state, event.attempts, event.next_attempt_at = EventState.PENDING, 0, clock.now()
        event.save(update_fields=["state", "attempts", "next_attempt_at"])
        trail_record(actor=actor, action="events.retry", obj=event, changes={"last_error": event.last_error})
        on_commit(wake)
    return event


def events_purge(*, days: int = KEPT_DAYS, batch: int = 1000) -> int:
    """Delete delivered events that are older than `days`, in batches that each commit; returns how many went."""
    before = clock.now() - timedelta(days=days)
    gone = 0
    while True:
        with atomic():
            old = OutboxEvent.objects.filter(state=EventState.DISPATCHED, dispatched_at__lt=before)
            ids = list(old.order_by("sequence").values_list("pk", flat=True)[:batch])
            EventDelivery.objects.filter(event_id__in=ids).delete()
            OutboxEvent.objects.filter(pk__in=ids).delete()
        gone += len(ids)
        if len(ids) < batch:
            return gone
