"""What people are told of: a room says which of its events concern whom, and in which words."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from core.events import Event, subscriber


class Channel(TextChoices):
    """How a person is told."""

    IN_APP = "in_app", _("In the list")
    MAIL = "mail", _("In the list and by e-mail")
    NONE = "none", _("Not at all")


Audience = Callable[[Event], Iterable[Any]]
Words = Callable[[Event], str]


@dataclass(frozen=True, slots=True)
class Notice:
    """A kind of notification: whom an event concerns, what they read, and where it leads."""

    code: str
    label: Any
    audience: Audience
    text: Words
    url: Words
    icon: str
    usual: Channel


Teller = Callable[[Notice, Event], object]
_notices: dict[str, Notice] = {}
_tellers: list[Teller] = []


def notifies(
    event_kind: str,
    *,
    label: Any,
    audience: Audience,
    text: Words,
    url: Words = lambda event: "",
    icon: str = "bell",
    usual: Channel = Channel.IN_APP,
    code: str = "",
) -> None:
    """Tell people of a kind of event, from AppConfig.ready.

    `audience` gives the ids of the people, in one query at most. `text` is asked in each language that they read, in
    the context of the event's schema, and `url` gives a path. `code` names the notice where an event has more than
    one; it never changes. `usual` is what holds until a person chooses otherwise.
    """
    code = code or event_kind
    if code in _notices:
        raise ValueError(f"The notice {code} is registered twice.")
    notice = Notice(code, label, audience, text, url, icon, usual)
    _notices[code] = notice
    subscriber(event_kind, name=f"notifications.{code}")(partial(_tell, notice))


def notices() -> dict[str, Notice]:
    """All kinds of notifications by code."""
    return dict(_notices)


def register_teller(teller: Teller) -> None:
    """Install what writes notifications, once."""
    if _tellers:
        raise ValueError("Notifications are written by something already.")
    _tellers.append(teller)


def _tell(notice: Notice, event: Event) -> None:
    for teller in _tellers:
        teller(notice, event)
