from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from core.permissions import actions
from core.web.gate import page_for
from core.web.htmx import render_invalid, render_page
from core.web.lists import page_of
from shared_apps.trail.filters import EntryFilter
from shared_apps.trail.selectors import entry_list


@require_GET
@page_for("trail.view")
def entry_list_page(request: HttpRequest) -> HttpResponse:
    """Who did what, newest first."""
    chosen = EntryFilter(request.GET, queryset=entry_list())
    if not chosen.is_valid():
        return render_invalid(request, "trail/entry_list.html", {"filter": chosen})
    page = page_of(chosen.qs, request.GET)
    labels = {code: action.label for code, action in actions().items()}
    for entry in page.rows:
        entry.action_label = labels.get(entry.action, entry.action)
    return render_page(request, "trail/entry_list.html", {"filter": chosen, "page": page})
