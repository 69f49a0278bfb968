from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import QuerySet

from shared_apps.trail.models import TrailEntry

# An entry's id is made a moment after its time was read.
_APART = timedelta(seconds=1)


def entry_list() -> QuerySet[TrailEntry]:
    """The whole trail, newest first."""
    return TrailEntry.objects.order_by("-id")


def entries_since(entries: QuerySet[TrailEntry], at: datetime) -> QuerySet[TrailEntry]:
    """The entries from an instant on. The bound on the id lets the primary key find them."""
    return entries.filter(at__gte=at, id__gte=_first_id(at - _APART))


def entries_until(entries: QuerySet[TrailEntry], at: datetime) -> QuerySet[TrailEntry]:
    """The entries before an instant."""
    return entries.filter(at__lt=at, id__lt=_first_id(at + _APART))


def _first_id(at: datetime) -> UUID:
    """The smallest UUIDv7 of an instant; the epoch's for one that is earlier."""
    return UUID(int=max(0, int(at.timestamp() * 1000)) << 80)
