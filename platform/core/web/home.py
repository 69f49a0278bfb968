from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from core import clock
from core.permissions import require_second_factor
from core.web.dashboard import dashboard_of
from core.web.htmx import render_page
from core.web.navigation import links
from core.web.requests import actor_of

_NOON, _EVENING = 12, 18


@require_safe
@login_required
def page(request: HttpRequest) -> HttpResponse:
    """Where a person arrives after signing in: what happens, what waits for them, where they may go."""
    actor = actor_of(request)
    require_second_factor(actor)
    context = {
        "board": dashboard_of(request),
        "groups": links(request),
        "has_role": bool(actor.permissions),
        "greeting": _greeting(actor.user),
        "now": clock.now(),
    }
    return render_page(request, "home.html", context)


def _greeting(user: object) -> str:
    """Good morning, and the name that the person goes by; an e-mail address is no name to greet with."""
    name = str(getattr(user, "name", "")).strip()
    hour = timezone.localtime(clock.now()).hour
    if not name:
        return _("Good morning") if hour < _NOON else _("Good afternoon") if hour < _EVENING else _("Good evening")
    greeting = (
        _("Good morning, %(name)s")
        if hour < _NOON
        else _("Good afternoon, %(name)s")
        if hour < _EVENING
        else _("Good evening, %(name)s")
    )
    return greeting % {"name": name.split()[0]}
