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
from tenant_apps.events.filters import EventFilter
from tenant_apps.events.selectors import event_get, event_list
from tenant_apps.events.services import event_retry


@require_GET
@page_for("events.view")
def event_list_page(request: HttpRequest) -> HttpResponse:
    """What happened and whether everybody who wants to know was told, newest first."""
    chosen = EventFilter(request.GET, queryset=event_list())
    if not chosen.is_valid():
        return render_invalid(request, "events/event_list.html", {"filter": chosen})
    return render_page(request, "events/event_list.html", {"filter": chosen, "page": page_of(chosen.qs, request.GET)})


@require_GET
@page_for("events.view")
def event_detail_page(request: HttpRequest, event_id: UUID) -> HttpResponse:
    """One event: its facts, who was told and what failed."""
    context = {"event": event_get(event_id), "may_retry": check("events.retry", actor_of(request))}
    return render_page(request, "events/event_detail.html", context)


@require_POST
@page_for("events.retry")
def event_retry_page(request: HttpRequest, event_id: UUID) -> HttpResponse:
    """Hand an event on anew."""
    event = event_retry(event_id=event_id, actor=actor_of(request))
    messages.success(request, _("The event is handed on again."))
    return redirect_after_post(request, event)
