from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from core import permissions
from core.actor import Actor
from core.web.context_processors import HostKind, site_of
from core.web.htmx import render_page
from core.web.navigation import links
from core.web.requests import actor_of

LONGEST = 100
HITS_PER_GROUP = 6


@dataclass(frozen=True, slots=True)
class Hit:
    """One thing that was found; `context` tells it from another of the same title."""

    title: Any
    url: str
    context: Any = ""


Find = Callable[[Actor, str, int], Iterable[Hit]]


@dataclass(frozen=True, slots=True)
class Group:
    """A kind of thing that can be found."""

    name: str
    label: Any
    icon: str
    find: Find
    action: str | None
    host_kinds: frozenset[HostKind]
    order: int


@dataclass(frozen=True, slots=True)
class Found:
    label: str
    icon: str
    hits: list[Hit]


_groups: dict[tuple[str, frozenset[HostKind]], Group] = {}


def register(
    name: str,
    *,
    label: Any,
    icon: str,
    find: Find,
    action: str | None = None,
    on: Iterable[HostKind] = ("tenant",),
    order: int = 100,
) -> None:
    """Let a room's objects be found, from its AppConfig.ready.

    `find(actor, text, limit)` gets at least one character, returns at most `limit` hits that this actor may open, and
    asks the database once. It is not called for an actor who may not do `action`.
    """
    host_kinds = frozenset(on)
    if (name, host_kinds) in _groups:
        raise ValueError(f"The search for {name} is registered twice.")
    _groups[name, host_kinds] = Group(name, label, icon, find, action, host_kinds, order)


def search(request: HttpRequest, text: str) -> list[Found]:
    """What the actor of a request finds: first pages by name, then each room's objects; without a text the pages."""
    actor, site = actor_of(request), site_of(request)
    found = [_pages(request, text)]
    for group in sorted(_groups.values(), key=lambda group: group.order):
        allowed = group.action is None or permissions.check(group.action, actor)
        if text and allowed and site.host_kind in group.host_kinds:
            hits = list(group.find(actor, text, HITS_PER_GROUP))[:HITS_PER_GROUP]
            found.append(Found(str(group.label), group.icon, hits))
    return [group for group in found if group.hits]


@require_safe
@login_required
def page(request: HttpRequest) -> HttpResponse:
    """`/search/?q=`: the palette's results for htmx, a page for everybody else."""
    text = request.GET.get("q", "").replace("\0", "").strip()[:LONGEST]
    return render_page(
        request, "generic/search.html", {"found": search(request, text), "text": text}, fragment="results"
    )


def _pages(request: HttpRequest, text: str) -> Found:
    wanted = text.casefold()
    hits = [
        Hit(link.label, link.url, group)
        for group, entries in links(request)
        for link in entries
        if wanted in f"{link.label} {group}".casefold()
    ]
    return Found(str(_("Pages")), "corner-down-left", hits[:HITS_PER_GROUP])
