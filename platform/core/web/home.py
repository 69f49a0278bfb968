from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from core.permissions import require_second_factor
from core.web.htmx import render_page
from core.web.navigation import links
from core.web.requests import actor_of


@require_safe
@login_required
def page(request: HttpRequest) -> HttpResponse:
    """Where a person arrives after signing in: what their role lets them open."""
    require_second_factor(actor_of(request))
    has_role = bool(actor_of(request).permissions)
    return render_page(request, "home.html", {"groups": links(request), "has_role": has_role})
