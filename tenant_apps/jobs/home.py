"""What the home page shows of the jobs."""

from collections.abc import Iterator
from datetime import timedelta

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core import clock
from core.web import dashboard
from core.web.components.blocks import Stat
from core.web.components.leaves import number
from core.web.context_processors import HostKind
from core.web.requests import actor_of
from tenant_apps.jobs.choices import OPEN, RunState
from tenant_apps.jobs.models import TaskRun
from tenant_apps.jobs.selectors import run_list
from tenant_apps.jobs.services import job_label

_SHOWN = 4
_WEEK = timedelta(days=7)
_KINDS = {RunState.RUNNING: "info", RunState.SUCCEEDED: "ok", RunState.FAILED: "bad"}


def register() -> None:
    """Offer a figure, a card and what waits to the home page."""
    both: tuple[HostKind, ...] = ("tenant", "platform")
    dashboard.register_figure("jobs", _running, action="jobs.view", on=both, order=30)
    dashboard.register_card("jobs", _newest, place="side", action="jobs.view", on=both, order=20)
    dashboard.register_attention("jobs", _failed, action="jobs.view", on=both, order=20)


def _running(request: HttpRequest) -> Stat:
    running = run_list(actor=actor_of(request)).filter(state__in=OPEN).count()
    return Stat(
        _("Jobs at work"),
        number(running),
        href=reverse("jobs:run_list"),
        note=_("imports, exports and other long work"),
    )


def _newest(request: HttpRequest) -> dashboard.Card | None:
    actor = actor_of(request)
    own = TaskRun.objects.filter(requested_by_kind=actor.kind, requested_by_id=actor.id).order_by("-id")[:_SHOWN]
    rows = [
        {
            "label": job_label(run.kind),
            "url": run.get_absolute_url(),
            "at": run.created_at,
            "state": run.get_state_display(),
            "kind": _KINDS.get(RunState(run.state), ""),
            "percent": run.percent if run.state == RunState.RUNNING else None,
        }
        for run in own
    ]
    return dashboard.Card("home/jobs.html", {"runs": rows}) if rows else None


def _failed(request: HttpRequest) -> Iterator[dashboard.Attention]:
    actor = actor_of(request)
    own = TaskRun.objects.filter(requested_by_kind=actor.kind, requested_by_id=actor.id, state=RunState.FAILED)
    failed = own.filter(finished_at__gte=clock.now() - _WEEK).count()
    if failed:
        yield dashboard.Attention(
            ngettext("%(count)d job of yours failed", "%(count)d jobs of yours failed", failed) % {"count": failed},
            _("In the last seven days."),
            f"{reverse('jobs:run_list')}?state={RunState.FAILED.value}",
            _("See why"),
            kind="bad",
        )
