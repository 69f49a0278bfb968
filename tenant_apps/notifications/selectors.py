from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from core.actor import Actor
from core.errors import NotFound
from core.notifications import Channel, Notice, notices
from tenant_apps.notifications.models import Notification, Preference

# A badge says "99+"; counting further costs and tells nothing.
MOST_COUNTED = 100


@dataclass(frozen=True, slots=True)
class Choice:
    """A kind of notification and how one person is told of it."""

    notice: Notice
    channel: Channel


def notification_list(*, actor: Actor) -> QuerySet[Notification]:
    """An actor's own notifications, the newest first; nobody sees anybody else's."""
    found = Notification.objects.order_by("-id")
    return found.filter(user_id=actor.user.pk) if actor.user is not None else found.none()


def notification_get(notification_id: UUID, *, actor: Actor) -> Notification:
    """One of them; raises NotFound."""
    found = notification_list(actor=actor).filter(pk=notification_id).first()
    if found is None:
        raise NotFound
    return found


def unread_count(user_id: Any) -> int:
    """How many a person has not read, at most MOST_COUNTED: one question of an index that holds the unread alone."""
    return Notification.objects.filter(user_id=user_id, read_at=None).order_by()[:MOST_COUNTED].count()


def choices_of(actor: Actor) -> list[Choice]:
    """Every kind, in the order of its label, and what the actor has chosen."""
    chosen = {} if actor.user is None else channels_of([actor.user.pk])
    known = sorted(notices().values(), key=lambda notice: str(notice.label))
    return [Choice(each, chosen.get((actor.user and actor.user.pk, each.code), each.usual)) for each in known]


def channels_of(user_ids: Iterable[Any], kind: str | None = None) -> dict[tuple[Any, str], Channel]:
    """What these people have chosen, by person and kind."""
    found = Preference.objects.filter(user_id__in=list(user_ids))
    rows = found.filter(kind=kind) if kind else found
    return {(row.user_id, row.kind): Channel(row.channel) for row in rows}
