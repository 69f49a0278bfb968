from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from core.actor import Actor
from core.notifications import notices
from core.web.components import leaves
from core.web.gate import page_for
from core.web.htmx import redirect_after_post, render_page
from core.web.requests import actor_of
from core.web.views import BulkAction, Column, FormView, ListView
from core.web.views.base import Crumb, Offer
from tenant_apps.notifications.filters import NotificationFilter
from tenant_apps.notifications.forms import PreferencesForm
from tenant_apps.notifications.models import Notification
from tenant_apps.notifications.selectors import (
    choices_of,
    notification_get,
    notification_list,
    unread_count,
)
from tenant_apps.notifications.services import notification_read, notifications_read, preferences_change

_NEWEST = 6


def mark_read(actor: Actor, rows: Sequence[Notification]) -> int:
    """Note that somebody has seen several."""
    for row in rows:
        notification_read(notification=row)
    return len(rows)


def _opener(row: Notification) -> SafeString:
    """The text as a button of the list's form: opening notes that it was read, so it is sent and not asked for."""
    return format_html(
        '<div class="cell"><span class="icon-tile{}">{}</span><div>'
        '<button class="rowlink linkish" formaction="{}">{}</button><small>{}</small></div></div>',
        "" if row.is_read else " icon-tile--brand",
        leaves.icon(row.icon),
        row.get_absolute_url(),
        row.text,
        _kind_label(row),
    )


def _kind_label(row: Notification) -> str:
    notice = notices().get(row.kind)
    return str(notice.label) if notice else row.kind


class NotificationList(ListView):
    """What somebody was told, the newest first."""

    action = "notifications.view"
    title = gettext_lazy("Notifications")
    columns = (
        Column("text", gettext_lazy("What"), value=_opener, place="who"),
        Column("created_at", gettext_lazy("When"), kind="ago", sort="id", place="amt"),
        Column(
            "is_read",
            gettext_lazy("State"),
            kind="badge",
            badges={True: (gettext_lazy("Read"), ""), False: (gettext_lazy("New"), "info")},
        ),
    )
    search = ("text",)
    filter_class = NotificationFilter
    ordering = ("-id",)
    bulk = (BulkAction("read", gettext_lazy("Mark as read"), "notifications.view", mark_read, icon="check"),)
    refreshed_by = "notifications"
    empty_icon = "bell"
    empty_title = gettext_lazy("Nothing new")
    empty_text = gettext_lazy("What concerns you appears here: invitations accepted, jobs done, keys made.")

    def rows(self) -> QuerySet[Notification]:
        return notification_list(actor=self.actor)

    def offers(self) -> list[Offer]:
        return [
            Offer(_("What to be told"), reverse("notifications:preferences"), icon="sliders-horizontal"),
        ]


class PreferencesPage(FormView):
    """How to be told of what."""

    action = "notifications.view"
    title = gettext_lazy("What to be told")
    form_class = PreferencesForm

    def form_options(self) -> dict[str, Any]:
        return {"choices": choices_of(self.actor)}

    def crumbs(self) -> list[Crumb]:
        return [Crumb(_("Notifications"), reverse("notifications:list"))]

    def perform(self, data: dict[str, Any]) -> None:
        preferences_change(channels=data, actor=self.actor)

    def success_url(self, result: Any) -> str:
        return reverse("notifications:preferences")


@require_POST
@page_for("notifications.view")
def open_notification(request: HttpRequest, notification_id: UUID) -> HttpResponse:
    """Lead to what a notification is about, and note that it was read."""
    found = notification_get(notification_id, actor=actor_of(request))
    notification_read(notification=found)
    return redirect_after_post(request, found.url or "notifications:list")


@require_POST
@page_for("notifications.view")
def read_all(request: HttpRequest) -> HttpResponse:
    """Note that everything was read."""
    notifications_read(actor=actor_of(request))
    messages.success(request, _("Everything is marked as read."))
    return redirect_after_post(request, "notifications:list")


@require_safe
def bell(request: HttpRequest) -> HttpResponse:
    """The bell with its count, as the page asks for it every minute.

    Who is signed out meanwhile is not led away from what they are typing: htmx stops asking (status 286).
    """
    actor = actor_of(request)
    if actor.user is None or not actor.may("notifications.view"):
        return HttpResponse(status=286, headers={"HX-Reswap": "none"})
    return render_page(request, "notifications/bell.html", {"unread": unread_count(actor.user.pk)})


@require_safe
@page_for("notifications.view")
def newest(request: HttpRequest) -> HttpResponse:
    """What the bell's menu shows."""
    return render_page(
        request, "notifications/newest.html", {"newest": notification_list(actor=actor_of(request))[:_NEWEST]}
    )
