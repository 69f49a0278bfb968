from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from core.errors import NotFound
from core.web import client_address
from core.web.htmx import render_invalid, render_page
from shared_apps.signup.forms import FindForm
from shared_apps.signup.selectors import sign_in_url, sign_up_is_open
from shared_apps.signup.services import require_points
from shared_apps.signup.showcase import LIVERIES
from shared_apps.tenants.selectors import host_url

_FOR_TEN_MINUTES = "public, max-age=600"


def for_strangers(page: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """The landing page for whoever is not signed in, `page` for everybody else."""

    @require_safe
    def view(request: HttpRequest) -> HttpResponse:
        return page(request) if request.user.is_authenticated else _landing(request)

    return view


def _landing(request: HttpRequest) -> HttpResponse:
    site = host_url(settings.PLATFORM_HOST)
    context = {
        "is_open": sign_up_is_open(),
        "contact": settings.PLATFORM_CONTACT,
        "base_domain": settings.TENANT_BASE_DOMAIN,
        "address": f"{site}/",
        "card": f"{site}{reverse('brand-card')}",
        "find_form": FindForm(),
        "liveries": LIVERIES,
    }
    return _leading_to_tenants(render_page(request, "landing/landing.html", context))


@require_safe
def find(request: HttpRequest) -> HttpResponse:
    """Lead somebody to their organisation's sign-in page; who is in it is never said."""
    form = FindForm(request.GET or None)
    if form.is_bound:
        require_points("sign_up_lookup", address=client_address(request))
    if form.is_bound and form.is_valid():
        try:
            return _leading_to_tenants(redirect(sign_in_url(form.cleaned_data["name"])))
        except NotFound:
            form.add_error("name", _("No organisation has this subdomain: the first part of the address that you use."))
    context = {"form": form, "base_domain": settings.TENANT_BASE_DOMAIN}
    render = render_invalid if form.is_bound else render_page
    return _leading_to_tenants(render(request, "landing/find.html", context))


def _leading_to_tenants(response: HttpResponse) -> HttpResponse:
    # A form that is answered by a redirect must be allowed to end where that leads.
    response._csp_update = {"form-action": [host_url(f"*.{settings.TENANT_BASE_DOMAIN}")]}  # type: ignore[attr-defined]
    return response


@require_safe
def terms(request: HttpRequest) -> HttpResponse:
    """What a stranger accepts."""
    return _legal(request, settings.PLATFORM_TERMS_URL, "landing/terms.html")


@require_safe
def privacy(request: HttpRequest) -> HttpResponse:
    """What becomes of what a stranger types."""
    return _legal(request, settings.PLATFORM_PRIVACY_URL, "landing/privacy.html")


def _legal(request: HttpRequest, elsewhere: str, template: str) -> HttpResponse:
    return redirect(elsewhere) if elsewhere else render_page(request, template, {"contact": settings.PLATFORM_CONTACT})


@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    """What crawlers may read: the pages for strangers (RFC 9309)."""
    lines = ["User-agent: *", "Allow: /$"]
    lines += [f"Allow: {path}" for path in (*_public_paths()[1:], "/static/", "/brand/")]
    lines += ["Disallow: /", "", f"Sitemap: {host_url(settings.PLATFORM_HOST)}{reverse('landing:sitemap')}", ""]
    return _kept(HttpResponse("\n".join(lines), content_type="text/plain; charset=utf-8"))


@require_safe
def sitemap(request: HttpRequest) -> HttpResponse:
    """The pages for strangers (sitemaps.org, protocol 0.9)."""
    site = host_url(settings.PLATFORM_HOST)
    context = {"addresses": [f"{site}{path}" for path in _public_paths()]}
    response = render_page(request, "landing/sitemap.xml", context)
    response["Content-Type"] = "application/xml; charset=utf-8"
    return _kept(response)


def _public_paths() -> list[str]:
    names = ["home", "landing:find", "landing:terms", "landing:privacy"]
    return [reverse(name) for name in names[:1] + (["signup:begin"] if sign_up_is_open() else []) + names[1:]]


def _kept(response: HttpResponse) -> HttpResponse:
    response["Cache-Control"] = _FOR_TEN_MINUTES
    return response
