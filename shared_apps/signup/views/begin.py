from dataclasses import asdict, dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from core.errors import LiveryError
from core.web import client_address
from core.web.htmx import redirect_after_post, render_invalid, render_page
from shared_apps.signup.forms import SignUpForm, show_refusal
from shared_apps.signup.regions import guessed_region
from shared_apps.signup.selectors import require_available, sign_up_is_open, slug_suggestion
from shared_apps.signup.services import require_points, sign_up_begin
from shared_apps.signup.views.browser import keep_password, kept_password, own_id, remember
from shared_apps.tenants.errors import NameRefused

_PAGE = "signup/begin.html"


@dataclass(frozen=True, slots=True)
class Availability:
    """What is said below a subdomain while it is typed."""

    free: bool
    message: str = ""


@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters("password")
def begin(request: HttpRequest) -> HttpResponse:
    """The form of a new organisation; while it is typed htmx asks the same page for a subdomain that is free."""
    if not sign_up_is_open():
        return render_page(request, "signup/closed.html", {"contact": settings.PLATFORM_CONTACT}, status=403)
    return _send(request) if request.method == "POST" else _show(request)


def _show(request: HttpRequest) -> HttpResponse:
    typed = {name: request.GET.get(name, "")[:200] for name in ("organisation", "slug", "suggested")}
    suggested = ""
    if typed["organisation"] or typed["slug"]:
        require_points("sign_up_lookup", address=client_address(request))
    if typed["organisation"] and typed["slug"] in ("", typed["suggested"]):
        suggested = slug_suggestion(typed["organisation"])
        typed["slug"] = suggested
    region = asdict(guessed_region(request.headers.get("Accept-Language", "")))
    form = SignUpForm(initial={**region, **typed})
    context = _context(form, suggested=suggested, availability=_availability(typed["slug"]))
    return render_page(request, _PAGE, context, fragment="subdomain")


def _send(request: HttpRequest) -> HttpResponse:
    address = client_address(request)
    require_points("sign_up_lookup", address=address)
    form = SignUpForm(request.POST, kept=kept_password(request))
    if form.is_valid():
        try:
            begun = sign_up_begin(wish=form.wish(), address=address, instead_of=own_id(request))
        except LiveryError as error:
            show_refusal(form, error)
        else:
            remember(request, begun)
            return redirect_after_post(request, "signup:confirm")
    if form.kept:
        keep_password(request, form.kept)
    return render_invalid(request, _PAGE, _context(form, suggested=form.data["slug"]))


def _availability(slug: str) -> Availability | None:
    if not slug:
        return None
    try:
        require_available(slug)
    except NameRefused as error:
        return Availability(free=False, message=str(error))
    return Availability(free=True)


def _context(form: SignUpForm, *, suggested: str, availability: Availability | None = None) -> dict[str, Any]:
    region_names = ("locale", "time_zone", "currency")
    return {
        "form": form,
        "suggested": suggested,
        "availability": availability,
        "base_domain": settings.TENANT_BASE_DOMAIN,
        "region_fields": [form[name] for name in region_names],
        "region_refused": any(name in form.errors for name in region_names),
        "terms_url": settings.PLATFORM_TERMS_URL,
    }
