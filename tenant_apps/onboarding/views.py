from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from core.permissions import require_second_factor
from core.web.htmx import redirect_after_post
from core.web.requests import actor_of
from tenant_apps.onboarding.services import checklist_dismiss, step_skip


@require_POST
@login_required
def dismiss(request: HttpRequest) -> HttpResponse:
    """Put the list away."""
    actor = actor_of(request)
    require_second_factor(actor)
    checklist_dismiss(actor=actor)
    messages.success(request, _("The first steps are put away."))
    return redirect_after_post(request, "home")


@require_POST
@login_required
def skip(request: HttpRequest, code: str) -> HttpResponse:
    """Leave one step out."""
    actor = actor_of(request)
    require_second_factor(actor)
    step_skip(code=code, actor=actor)
    return redirect_after_post(request, "home")
