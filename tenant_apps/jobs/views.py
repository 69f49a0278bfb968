from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from core.permissions import check
from core.web.gate import page_for
from core.web.htmx import redirect_after_post, render_invalid, render_page
from core.web.lists import page_of
from core.web.requests import actor_of
from tenant_apps.jobs.filters import RunFilter
from tenant_apps.jobs.models import TaskRun
from tenant_apps.jobs.selectors import run_get, run_list
from tenant_apps.jobs.services import job_label, run_cancel


@require_GET
@page_for("jobs.view")
def run_list_page(request: HttpRequest) -> HttpResponse:
    """Long work that was asked for, newest first."""
    chosen = RunFilter(request.GET, queryset=run_list(actor=actor_of(request)))
    if not chosen.is_valid():
        return render_invalid(request, "jobs/run_list.html", {"filter": chosen})
    page = page_of(chosen.qs, request.GET)
    for run in page.rows:
        run.label = job_label(run.kind)
    return render_page(request, "jobs/run_list.html", {"filter": chosen, "page": page})


@require_GET
@page_for("jobs.view")
def run_detail_page(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """One run; its progress asks for itself again until the run has ended."""
    run = run_get(run_id, actor=actor_of(request))
    return render_page(request, "jobs/run_detail.html", _detail(request, run), fragment="progress")


@require_POST
@page_for("jobs.cancel")
def run_cancel_page(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """Ask a run to stop."""
    actor = actor_of(request)
    run = run_cancel(run_id=run_get(run_id, actor=actor).pk, actor=actor)
    messages.success(request, _("The job was cancelled.") if run.is_ended else _("The job stops in a moment."))
    return redirect_after_post(request, run)


def _detail(request: HttpRequest, run: TaskRun) -> dict[str, Any]:
    return {"run": run, "label": job_label(run.kind), "may_cancel": check("jobs.cancel", actor_of(request), run)}
