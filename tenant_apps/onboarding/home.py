from django.http import HttpRequest

from core.web import dashboard
from core.web.requests import actor_of
from tenant_apps.onboarding.selectors import checklist_of


def register() -> None:
    """Offer the first steps to the home page."""
    dashboard.register_card("onboarding", _first_steps, place="lead", order=10)


def _first_steps(request: HttpRequest) -> dashboard.Card | None:
    checklist = checklist_of(actor_of(request))
    if checklist.is_dismissed or checklist.is_over:
        return None
    return dashboard.Card("onboarding/card.html", {"checklist": checklist})
