from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.web.formats import ago_text
from core.web.htmx import render_page
from core.web.views import Column, ListView, RoomView
from shared_apps.console.filters import QueueFilter
from shared_apps.console.health import health_get
from shared_apps.console.selectors import organisation_list
from shared_apps.console.words import STATES, size_text


def _amounts(row: Any) -> str:
    return _("%(waiting)d waiting, %(failed)d failed today") % {"waiting": row.waiting, "failed": row.failed}


class QueueList(ListView):
    """Where work waits or failed, over all organisations; a row opens the live look at one."""

    action = "console.view"
    title = gettext_lazy("Queues")
    columns = (
        Column("name", gettext_lazy("Organisation"), kind="party", link=True, sort="name", note=_amounts),
        Column("state", gettext_lazy("State"), kind="badge", badges=STATES),
        Column("waiting", gettext_lazy("Waiting"), kind="number", sort="waiting"),
        Column("oldest", gettext_lazy("Oldest since"), kind="ago", sort="oldest"),
        Column("failed", gettext_lazy("Failed today"), kind="number", sort="failed"),
        Column("measured_at", gettext_lazy("Counted"), kind="ago", sort="measured_at"),
    )
    search = ("name", "slug")
    filter_class = QueueFilter
    ordering = ("-failed", "-waiting")
    export_action = "console.view"
    empty_icon = "list-checks"
    empty_title = gettext_lazy("Nothing was counted yet")
    empty_text = gettext_lazy("Figures are counted once an hour, and with “Measure now” on the overview.")

    def rows(self) -> QuerySet:
        return organisation_list().filter(measure__isnull=False)

    def row_url(self, row: Any) -> str:
        return reverse("console:tenant_detail", args=[row.pk])


class HealthPage(RoomView):
    """What the installation runs on, and whether it is well."""

    action = "console.view"
    title = gettext_lazy("Health")

    def get(self, request: HttpRequest) -> HttpResponse:
        """Everything, asked now."""
        health = health_get()
        context = {
            **self.page_context(),
            "health": health,
            "free": size_text(health.disk.free),
            "total": size_text(health.disk.total),
            "beat": ago_text(health.beat_at) if health.beat_at else "",
        }
        return render_page(request, "console/health.html", context)
