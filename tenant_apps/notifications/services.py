from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.utils import translation

from core import clock
from core.actor import Actor
from core.errors import PermissionRefused
from core.events import Event
from core.notifications import Channel, Notice, notices
from core.tenancy import atomic
from core.web.addresses import page_path
from core.web.letters import letterhead
from shared_apps.users.selectors import user_list
from shared_apps.users.services import mail_queue
from tenant_apps.notifications.errors import UnknownNotice
from tenant_apps.notifications.models import Notification, Preference
from tenant_apps.notifications.selectors import channels_of, notification_list

KEPT_DAYS = 180
_BATCH = 1000
# A path that is longer leads nowhere that a page could not lead to.
_LONGEST_URL = 500


@atomic()
def event_tell(notice: Notice, event: Event) -> int:
    """Tell those whom an event concerns, each as they have chosen; returns how many. A second time tells nobody."""
    wanted = {str(user_id) for user_id in notice.audience(event) if user_id}
    if not wanted:
        return 0
    told = Notification.objects.filter(event_id=event.id, kind=notice.code).values_list("user_id", flat=True)
    people = list(user_list().filter(pk__in=wanted - {str(each) for each in told}, is_active=True).order_by("id"))
    chosen = channels_of([person.pk for person in people], notice.code)
    rows, url = [], notice.url(event)[:_LONGEST_URL]
    for person in people:
        channel = chosen.get((person.pk, notice.code), notice.usual)
        if channel == Channel.NONE:
            continue
        with translation.override(person.language or settings.LANGUAGE_CODE):
            text = notice.text(event)
            rows.append(_row(notice, event, person, text=text, url=url))
            if channel == Channel.MAIL:
                _mail(person, text=text, url=url)
    Notification.objects.bulk_create(rows)
    return len(rows)


def _row(notice: Notice, event: Event, person: Any, *, text: str, url: str) -> Notification:
    return Notification(user=person, kind=notice.code, event_id=event.id, text=text, url=url, icon=notice.icon)


def _mail(person: Any, *, text: str, url: str) -> None:
    site = letterhead().site_url
    mail_queue(
        template="notifications/mail/notice",
        recipient=person.email,
        context={
            "text": text,
            "link": f"{site}{url or page_path('notifications:list')}",
            "preferences": f"{site}{page_path('notifications:preferences')}",
        },
    )


@atomic()
def notification_read(*, notification: Notification) -> Notification:
    """Note that its person has seen it; one that was read before keeps its time."""
    if notification.read_at is None:
        notification.read_at = clock.now()
        notification.save(update_fields=["read_at"])
    return notification


@atomic()
def notifications_read(*, actor: Actor) -> int:
    """Note that an actor has seen all of theirs; returns how many were unread."""
    return notification_list(actor=actor).filter(read_at=None).update(read_at=clock.now())


@atomic()
def preferences_change(*, channels: Mapping[str, str], actor: Actor) -> None:
    """Choose by kind how to be told; kinds that are not named stay as they are. Raises UnknownNotice."""
    if actor.user is None:
        raise PermissionRefused("Only a person is told of anything.")
    known = notices()
    for kind, channel in channels.items():
        if kind not in known or channel not in Channel.values:
            raise UnknownNotice
    Preference.objects.bulk_create(
        [Preference(user=actor.user, kind=kind, channel=channel) for kind, channel in channels.items()],
        update_conflicts=True,
        unique_fields=["user", "kind"],
        update_fields=["channel"],
    )


def notifications_purge() -> int:
    """Delete what is older than KEPT_DAYS, in batches that each commit; returns how many."""
    before, gone = clock.now() - timedelta(days=KEPT_DAYS), 0
    while True:
        with atomic():
            old = Notification.objects.filter(created_at__lt=before).order_by("id").values_list("pk", flat=True)
            keys = list(old[:_BATCH])
            Notification.objects.filter(pk__in=keys).delete()
        gone += len(keys)
        if len(keys) < _BATCH:
            return gone
