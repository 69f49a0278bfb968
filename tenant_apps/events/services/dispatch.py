import random
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from celery.exceptions import SoftTimeLimitExceeded
from django.conf import settings
from django.db.models import Exists, Min, OuterRef, QuerySet

from core import clock
from core.events import Event, Subscriber, subscribers
from core.observability.redaction import redact_text
from core.tenancy import atomic, require_scope
from tenant_apps.events.choices import EventState
from tenant_apps.events.metrics import EVENTS
from tenant_apps.events.models import EventDelivery, OutboxEvent
from tenant_apps.events.services import wakeups

BATCH = 20
# With these delays the last attempt is about three hours after the first.
MAX_ATTEMPTS = 12
FIRST_DELAY = timedelta(seconds=5)
LONGEST_DELAY = timedelta(hours=1)
LONGEST_ERROR = 2000
_log = structlog.get_logger("livery.events")


class Taken(Exception):
    """Another dispatcher has this event in hand."""


@dataclass(slots=True)
class Outcome:
    """What one run of the dispatcher did, and whether it stopped because its time was over."""

    dispatched: int = 0
    failed: int = 0
    is_unfinished: bool = False


def events_dispatch(*, seconds: float = 20) -> Outcome:
    """Hand the due events of this schema to their subscribers, for about `seconds`; asks to be called again then.

    One dispatcher works on a schema at a time. In a tenant that is read-only events wait.
    """
    outcome = Outcome()
    if require_scope().read_only:
        return outcome
    ends = time.monotonic() + seconds
    with wakeups.dispatching() as is_ours:
        while is_ours:
            mark = wakeups.announced()
            while claimed := _claim():
                for event in claimed:
                    wakeups.still_dispatching()
                    _dispatch(event, outcome)
                if time.monotonic() >= ends:
                    outcome.is_unfinished = True
                    break
            if outcome.is_unfinished or wakeups.settle(mark, next_at=_next_attempt()):
                break
    if outcome.is_unfinished:
        wakeups.wake()
    return outcome


def is_anything_due() -> bool:
    """Whether a dispatcher would find work in this schema now; one cheap query."""
    return _due(clock.now()).exists()


def _due(at: datetime) -> QuerySet[OutboxEvent]:
    return OutboxEvent.objects.filter(state=EventState.PENDING, next_attempt_at__lte=at)


def _next_attempt() -> datetime | None:
    pending = OutboxEvent.objects.filter(state=EventState.PENDING)
    at: datetime | None = pending.aggregate(at=Min("next_attempt_at"))["at"]
    return at


@atomic(durable=True)
def _claim() -> Sequence[OutboxEvent]:
    """Take due events, of each subject only the first that is not delivered, so that the others keep their place.

    A dispatcher that is killed gives up what it took when its lease is over.
    """
    now = clock.now()
    earlier = OutboxEvent.objects.filter(
        subject_id=OuterRef("subject_id"), state=EventState.PENDING, sequence__lt=OuterRef("sequence")
    )
    due = _due(now).filter(~Exists(earlier)).order_by("next_attempt_at", "sequence")
    events = list(due.select_for_update(skip_locked=True)[:BATCH])
    lease = timedelta(seconds=settings.BROKER_LEASE_SECONDS)
    OutboxEvent.objects.filter(pk__in=[event.pk for event in events]).update(next_attempt_at=now + lease)
    return events


def _dispatch(row: OutboxEvent, outcome: Outcome) -> None:
    event = Event(id=row.id, kind=row.kind, subject_id=row.subject_id, payload=row.payload)
    errors: dict[str, Exception] = {}
    for name, function in subscribers(row.kind).items():
        try:
            _deliver(event, name, function)
        except Taken:
            return
        except Exception as error:  # noqa: BLE001  one subscriber must not keep the event from the others
            errors[name] = error
            if isinstance(error, SoftTimeLimitExceeded):
                break
    if errors:
        outcome.failed += 1
        _event_failed(row, errors)
    else:
        outcome.dispatched += _event_dispatched(row)
    for failure in errors.values():
        if isinstance(failure, SoftTimeLimitExceeded):
            raise failure


@atomic(durable=True)
def _deliver(event: Event, name: str, function: Subscriber) -> None:
    """Call one subscriber in a transaction that also marks it as served: both are kept, or neither."""
    held = OutboxEvent.objects.select_for_update(skip_locked=True)
    if held.filter(pk=event.id, state=EventState.PENDING).first() is None:
        raise Taken
    if not EventDelivery.objects.filter(event_id=event.id, subscriber=name).exists():
        function(event)
        EventDelivery.objects.create(event_id=event.id, subscriber=name)


def _event_dispatched(row: OutboxEvent) -> int:
    changed = OutboxEvent.objects.filter(pk=row.pk, state=EventState.PENDING).update(
        state=EventState.DISPATCHED, dispatched_at=clock.now(), last_error=""
    )
    EVENTS.labels("dispatched").inc(changed)
    return changed


@atomic(durable=True)
def _event_failed(row: OutboxEvent, errors: dict[str, Exception]) -> None:
    """Note the failure and when to try again; after MAX_ATTEMPTS the event is given up, and somebody must look."""
    attempts = row.attempts + 1
    is_dead = attempts >= MAX_ATTEMPTS
    told = "; ".join(f"{name}: {type(error).__name__}: {error}" for name, error in errors.items())
    next_attempt_at = clock.now() + _delay(attempts)
    OutboxEvent.objects.filter(pk=row.pk, state=EventState.PENDING).update(
        state=EventState.DEAD if is_dead else EventState.PENDING,
        attempts=attempts,
        next_attempt_at=next_attempt_at,
        last_error=redact_text(told)[:LONGEST_ERROR].replace("\x00", ""),
    )
    if not is_dead:
        # What waits behind it in its subject need not be looked at before.
        behind = OutboxEvent.objects.filter(
            subject_id=row.subject_id, state=EventState.PENDING, sequence__gt=row.sequence
        )
        behind.filter(next_attempt_at__lt=next_attempt_at).update(next_attempt_at=next_attempt_at)
    EVENTS.labels("dead" if is_dead else "failed").inc()
    log = _log.error if is_dead else _log.warning
    error = next(iter(errors.values()))
    name = "event_dead" if is_dead else "event_failed"
    log(name, event_id=str(row.id), kind=row.kind, attempts=attempts, exc_info=error)


def _delay(attempts: int) -> timedelta:
    """Doubles with each attempt, less a random part, so that what failed together does not return together."""
    longest = min(FIRST_DELAY * 2 ** (min(attempts, MAX_ATTEMPTS) - 1), LONGEST_DELAY)
    return longest * random.uniform(0.5, 1)  # noqa: S311  no secret
