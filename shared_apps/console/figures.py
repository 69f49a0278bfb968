"""The overview's figures and charts, drawn from what was read."""

from collections.abc import Mapping
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from core.backlogs import backlogs
from core.charts import Chart, Series, Slice, area_chart, bar_chart, donut_chart, sparkline, stacked_chart
from core.tenancy import TenantState
from core.web.components.blocks import Stat
from core.web.components.leaves import number
from core.web.formats import ago_text, date_text, number_text
from shared_apps.console.selectors import Day, Overview
from shared_apps.console.words import size_text

S = TenantState
_GROUPS = (
    (gettext_lazy("Working"), {S.TRIAL, S.ACTIVE, S.PAST_DUE}),
    (gettext_lazy("Read-only"), {S.READ_ONLY}),
    (gettext_lazy("Suspended"), {S.SUSPENDED}),
    (gettext_lazy("Being set up or moved"), {S.REQUESTED, S.PROVISIONING, S.READY, S.MOVING, S.RESTORING}),
    (gettext_lazy("Closed"), {S.ARCHIVED, S.DELETING}),
)


def stats(overview: Overview) -> list[Stat]:
    """The four figures on top."""
    totals, days = overview.totals, overview.days
    new = sum(day.signups for day in days)
    oldest = totals.oldest_waiting_at
    tenants, queues = reverse("console:tenant_list"), reverse("console:queue_list")
    return [
        Stat(
            _("Organisations"),
            number(overview.organisations),
            href=tenants,
            note=ngettext("%(count)d new in 30 days", "%(count)d new in 30 days", new) % {"count": new},
            spark=_spark([day.signups for day in days]),
        ),
        Stat(_("People"), number(totals.people), href=f"{tenants}?sort=-people", note=_("who can sign in")),
        Stat(
            _("Data"),
            size_text(totals.size_bytes),
            href=f"{tenants}?sort=-size",
            note=_("in tables and indexes"),
            spark=_spark([day.size_bytes for day in days if day.size_bytes is not None]),
        ),
        Stat(
            _("Waiting work"),
            number(totals.waiting),
            href=queues,
            badge=(_("%(count)s failed today") % {"count": number_text(totals.failed)}, "bad")
            if totals.failed
            else None,
            note=_("oldest %(when)s") % {"when": ago_text(oldest)} if oldest else _("nothing waits"),
        ),
    ]


def states_chart(states: Mapping[str, int]) -> Chart | None:
    """The organisations by what they can do; None where there are none."""
    parts = [(name, sum(states.get(state, 0) for state in group)) for name, group in _GROUPS]
    total = sum(count for _name, count in parts)
    if not total:
        return None
    said = ", ".join(f"{name} {number_text(count)}" for name, count in parts if count)
    return donut_chart(
        sentence=_("Organisations by state: %(parts)s.") % {"parts": said},
        slices=[Slice(name, count) for name, count in parts if count],
        centre=number_text(total),
        caption=_("in all"),
    )


def signups_chart(days: list[Day]) -> Chart | None:
    """New organisations by day; None where there were none."""
    total = sum(day.signups for day in days)
    if not total:
        return None
    return bar_chart(
        sentence=_("%(total)s organisations were requested in %(days)d days.")
        % {"total": number_text(total), "days": len(days)},
        labels=_labels(days),
        series=[Series(_("Sign-ups"), [day.signups for day in days], total=number_text(total))],
    )


def failures_chart(days: list[Day]) -> Chart | None:
    """What failed by day, by kind of work; None where nothing did."""
    kinds = [(each, [day.failed[each.name] for day in days]) for each in backlogs()]
    total = sum(sum(values) for _each, values in kinds)
    if not total:
        return None
    return stacked_chart(
        sentence=_("%(total)s pieces of work failed in %(days)d days.")
        % {"total": number_text(total), "days": len(days)},
        labels=_labels(days),
        series=[Series(each.label, values, total=number_text(sum(values))) for each, values in kinds],
    )


def size_chart(days: list[Day]) -> Chart | None:
    """How the data grows; None before the second day was measured."""
    measured = [day for day in days if day.size_bytes is not None]
    if len(measured) < 2:
        return None
    first, last = (size_text(day.size_bytes) for day in (measured[0], measured[-1]))
    return area_chart(
        sentence=_("The data grew from %(first)s to %(last)s.") % {"first": first, "last": last},
        labels=_labels(measured),
        series=[Series(_("Data"), [day.size_bytes for day in measured], total=last)],
        write=size_text,
        write_axis=size_text,
    )


def _labels(days: list[Day]) -> list[str]:
    return [date_text(day.day, "day") for day in days]


def _spark(values: list[Any]) -> Chart | None:
    return sparkline(values) if len(values) > 1 and any(values) else None
