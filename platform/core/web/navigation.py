from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from core import permissions
from core.web.context_processors import HostKind, site_of
from core.web.requests import actor_of


@dataclass(frozen=True, slots=True)
class Entry:
    """A link in the sidebar; with an action it is shown only to those who may do it."""

    group: Any
    label: Any
    icon: str
    url_name: str
    host_kinds: frozenset[HostKind]
    action: str | None
    order: int
    area: "Area | None" = None


@dataclass(frozen=True, slots=True)
class Link:
    label: str
    icon: str
    url: str
    current: bool


Area = Callable[[HttpRequest], Iterable[Link]]
_entries: dict[tuple[str, frozenset[HostKind]], Entry] = {}


def register(
    *,
    group: Any,
    label: Any,
    icon: str,
    url_name: str,
    on: Iterable[HostKind] = ("tenant",),
    action: str | None = None,
    order: int = 100,
    area: Area | None = None,
) -> None:
    """Put a page of a room into the sidebar, from the room's AppConfig.ready; a smaller order comes first.

    `area` gives the links of an area that the entry opens: it is shown to those who have one, and marked on each.
    """
    entry = Entry(group, label, icon, url_name, frozenset(on), action, order, area)
    _entries[url_name, entry.host_kinds] = entry


def links(request: HttpRequest) -> list[tuple[str, list[Link]]]:
    """The groups and links that this actor may follow on this host, in order; none for an anonymous one."""
    actor, site = actor_of(request), site_of(request)
    if actor.kind == "anonymous":
        return []
    areas = {entry: list(entry.area(request)) for entry in _entries.values() if entry.area is not None}
    shown = [
        (entry, reverse(entry.url_name))
        for entry in sorted(_entries.values(), key=lambda entry: entry.order)
        if site.host_kind in entry.host_kinds
        and (entry.action is None or permissions.check(entry.action, actor))
        and areas.get(entry, True)
    ]
    within = next((url for entry, url in shown if any(link.current for link in areas.get(entry, ()))), None)
    here = within or max((url for _, url in shown if _leads_to(url, request.path_info)), key=len, default=None)
    groups: dict[str, list[Link]] = {}
    for entry, url in shown:
        groups.setdefault(str(entry.group), []).append(Link(str(entry.label), entry.icon, url, current=url == here))
    return list(groups.items())


def _leads_to(url: str, path: str) -> bool:
    """Whether a page is the link's own or one below it; every page is below the start page, which is its own alone."""
    return path == url or (url != "/" and path.startswith(url))
