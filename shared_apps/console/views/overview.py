from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST

from core.permissions import check
from core.web.formats import ago_text
from core.web.gate import page_for
from core.web.htmx import redirect_after_post, render_page
from core.web.requests import actor_of
from core.web.views import RoomView
from shared_apps.console import figures
from shared_apps.console.selectors import Overview, measure_list, overview_get
from shared_apps.console.services.measuring import measures_ask
from shared_apps.console.words import size_text

_LARGEST = 5


@dataclass(frozen=True, slots=True)
class Notice:
    """Something that somebody should look at."""

    kind: str
    icon: str
    title: Any
    text: Any
    href: str
    action: Any


class OverviewPage(RoomView):
    """The state of the whole fleet on one page."""

    action = "console.view"
    title = gettext_lazy("Overview")

    def get(self, request: HttpRequest) -> HttpResponse:
        """Figures, charts, and what needs attention."""
        overview = overview_get()
        largest = [
            (measure, size_text(measure.size_bytes)) for measure in measure_list().order_by("-size_bytes")[:_LARGEST]
        ]
        context = {
            **self.page_context(),
            "overview": overview,
            "stats": figures.stats(overview),
            "states": figures.states_chart(overview.states),
            "signups": figures.signups_chart(overview.days),
            "failures": figures.failures_chart(overview.days),
            "size": figures.size_chart(overview.days),
            "notices": notices(overview),
            "steps": sorted(overview.steps.items(), reverse=True),
            "largest": largest,
            "may_measure": check("console.measure", self.actor),
        }
        return render_page(request, "console/overview.html", context)


@require_POST
@page_for("console.measure")
def measure_now(request: HttpRequest) -> HttpResponse:
    """Let the workers count everything now."""
    measures_ask(actor=actor_of(request))
    messages.success(request, _("The organisations are being measured. Reload this page in a moment."))
    return redirect_after_post(request, "console:overview")


def notices(overview: Overview) -> list[Notice]:
    """What needs attention, the worst first."""
    return [
        notice
        for notice in (_broker(overview), _failed(overview), _behind(overview), _late(overview), _unmeasured(overview))
        if notice is not None
    ]


def _broker(overview: Overview) -> Notice | None:
    if overview.depths is not None:
        return None
    text = _("Mail, events and jobs wait until it does.")
    return Notice(
        "bad", "triangle-alert", _("The broker does not answer"), text, reverse("console:health"), _("Health")
    )


def _failed(overview: Overview) -> Notice | None:
    count = overview.totals.failed
    if not count:
        return None
    title = ngettext("%(count)d piece of work failed today", "%(count)d pieces of work failed today", count)
    href = f"{reverse('console:queue_list')}?failed=yes"
    return Notice("bad", "octagon-alert", title % {"count": count}, _("Somebody must look."), href, _("See where"))


def _behind(overview: Overview) -> Notice | None:
    if not overview.behind:
        return None
    title = ngettext("%(count)d organisation lags", "%(count)d organisations lag", overview.behind)
    text = _("They answer 503 until they are migrated.")
    return Notice(
        "warn", "refresh-cw", title % {"count": overview.behind}, text, reverse("console:fleet"), _("Migrate")
    )


def _late(overview: Overview) -> Notice | None:
    oldest = overview.totals.oldest_waiting_at
    if oldest is None or overview.totals.measured_last is None:
        return None
    if (overview.totals.measured_last - oldest).total_seconds() < 15 * 60:
        return None
    text = _("It was waiting when it was last counted.")
    title = _("The oldest work has waited since %(when)s") % {"when": ago_text(oldest)}
    return Notice("warn", "clock", title, text, reverse("console:queue_list"), _("See where"))


def _unmeasured(overview: Overview) -> Notice | None:
    if overview.totals.measured:
        return None
    text = _("Figures are counted once an hour.")
    return Notice("info", "info", _("Nothing was measured yet"), text, reverse("console:health"), _("Health"))
