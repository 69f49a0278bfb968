"""The public home of an organisation: what somebody sees who is not signed in."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from core.tenancy import TenantRef, current_tenant
from core.web.htmx import render_page
from shared_apps.tenants.branding.legal import legal_html, plain_text
from shared_apps.tenants.branding.selectors import has_public_home, published_of
from shared_apps.tenants.selectors import host_url

View = Callable[[HttpRequest], HttpResponse]
_LONGEST_DESCRIPTION = 200


@dataclass(frozen=True, slots=True)
class PublicHome:
    """What an organisation says about itself; an empty text leaves the part out."""

    title: str
    lead: str
    description: str
    url: str
    about: Any
    email: str
    phone: str
    address: str
    registration_open: bool

    @property
    def has_contact(self) -> bool:
        """Whether it says how to reach it."""
        return bool(self.email or self.phone or self.address)

    @property
    def phone_digits(self) -> str:
        """The number as a link names it (RFC 3966)."""
        return re.sub(r"[^+0-9]", "", self.phone)


def for_visitors(page: View) -> View:
    """The public home for whoever is not signed in, where the organisation has one; `page` for everybody else."""

    @require_safe
    def view(request: HttpRequest) -> HttpResponse:
        tenant = current_tenant()
        if request.user.is_authenticated or not has_public_home(tenant):
            return page(request)
        return render_page(request, "public/home.html", {"home": _home(tenant)})

    return view


def _home(tenant: TenantRef) -> PublicHome:
    values = published_of(tenant).values
    about = legal_html(values.about) if values.about else ""
    return PublicHome(
        title=values.headline or tenant.name,
        lead=values.tagline,
        description=(values.tagline or plain_text(values.about) or tenant.name)[:_LONGEST_DESCRIPTION],
        url=f"{host_url(tenant.primary_host)}/",
        about=about,
        email=values.contact_email,
        phone=values.contact_phone,
        address=values.contact,
        registration_open=bool(tenant.options.get("registration_open")),
    )
