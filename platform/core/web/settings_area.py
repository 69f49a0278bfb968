"""The pages of the settings area, which the apps that own them register."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from core import permissions
from core.actor import Actor
from core.errors import PermissionRefused
from core.permissions import require_second_factor
from core.web.context_processors import HostKind, site_of
from core.web.navigation import Link
from core.web.requests import actor_of


@dataclass(frozen=True, slots=True)
class SettingsPage:
    """A page of the area; without an action it is everybody's. `about` says what is set there, for the search."""

    label: Any
    icon: str
    url_name: str
    action: str | None
    host_kinds: frozenset[HostKind]
    order: int
    about: Any


_pages: dict[str, SettingsPage] = {}


def register(
    *,
    label: Any,
    icon: str,
    url_name: str,
    order: int,
    action: str | None = None,
    on: Iterable[HostKind] = ("tenant",),
    about: Any = "",
) -> None:
    """Put a page into the settings area, from its app's AppConfig.ready; a smaller order comes first."""
    _pages[url_name] = SettingsPage(label, icon, url_name, action, frozenset(on), order, about)


def pages_for(actor: Actor, host_kind: HostKind) -> list[SettingsPage]:
    """The pages that an actor may open on a kind of host, in order."""
    return [
        page
        for page in sorted(_pages.values(), key=lambda page: page.order)
        if host_kind in page.host_kinds and (page.action is None or permissions.check(page.action, actor))
    ]


def links(request: HttpRequest) -> list[Link]:
    """The area's pages that whoever asks may open, the current one marked."""
    shown = [(page, reverse(page.url_name)) for page in pages_for(actor_of(request), site_of(request).host_kind)]
    here = max((url for _, url in shown if request.path_info.startswith(url)), key=len, default=None)
    return [Link(str(page.label), page.icon, url, current=url == here) for page, url in shown]


@require_safe
@login_required
def page(request: HttpRequest) -> HttpResponse:
    """`/settings/`: the first page that this person may open; raises PermissionRefused where there is none."""
    require_second_factor(actor_of(request))
    found = links(request)
    if not found:
        raise PermissionRefused(_("Your role has no settings here. Your own are under your account."))
    return redirect(found[0].url)
