from collections.abc import Sequence
from datetime import datetime
from itertools import chain
from uuid import UUID

from django.db.models import Count, Min, Q
from django.utils.translation import gettext_lazy as _

from core.actor import Actor
from core.backlogs import Amount, Backlog, Piece
from tenant_apps.events.choices import EventState
from tenant_apps.events.selectors import event_list
from tenant_apps.events.services import event_retry


def amount(since: datetime, until: datetime) -> Amount:
    """Events that wait, and those given up whose next attempt would have been in this time."""
    waits = Q(state=EventState.PENDING)
    given_up = Q(state=EventState.DEAD, next_attempt_at__gte=since, next_attempt_at__lt=until)
    counted = event_list().aggregate(
        waiting=Count("pk", filter=waits), oldest=Min("created_at", filter=waits), failed=Count("pk", filter=given_up)
    )
    return Amount(**counted)


def pieces(limit: int) -> Sequence[Piece]:
    """Events that were given up, then those that wait."""
    states = (EventState.DEAD, EventState.PENDING)
    found = (event_list().filter(state=state).order_by("sequence")[:limit] for state in states)
    return [
        Piece(event.pk, event.kind, event.state == EventState.DEAD, event.attempts, event.last_error, event.created_at)
        for event in chain.from_iterable(found)
    ][:limit]


def retry(event_id: UUID, actor: Actor) -> None:
    """Hand an event on anew; raises NotFound, EventDelivered."""
    event_retry(event_id=event_id, actor=actor)


EVENTS = Backlog("events", _("Events"), amount, pieces, retry)
