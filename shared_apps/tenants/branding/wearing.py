"""How pages come to wear a brand."""

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from core.tenancy import TenantRef, current_tenant
from core.web import brand, crawlers, letters, onboarding
from core.web.brand import Brand, Logo
from shared_apps.tenants.branding import notices
from shared_apps.tenants.branding.addresses import asset_url, card_url, icon_url, theme_url
from shared_apps.tenants.branding.legal import legal_links
from shared_apps.tenants.branding.letterhead import letterhead
from shared_apps.tenants.branding.models import AssetKind
from shared_apps.tenants.branding.selectors import Published, has_public_home, published_of
from shared_apps.tenants.branding.theme import ink_of, theme_of
from shared_apps.tenants.branding.values import Mode, Sidebar
from shared_apps.tenants.selectors import host_url


def install() -> None:
    """Register the brands' source and the settings page, once, when the application starts."""
    brand.register(brand_of_request, held_theme)
    letters.register(letterhead)
    crawlers.register(public_pages)
    notices.register()
    onboarding.register(
        "brand",
        title=_("Put your brand on"),
        text=_("Name, colours and logo, on every page and in every message."),
        act=_("Design it"),
        icon="palette",
        url_name="brand:edit",
        done=lambda actor: published_of(current_tenant()).number > 0,
        action="brand.publish",
        order=20,
    )


def brand_of_request(request: HttpRequest) -> Brand:
    """What the pages of the request's organisation wear, from the registry row that its context carries."""
    published = published_of(current_tenant())
    square = published.asset(AssetKind.SQUARE)
    return Brand(
        theme_url=theme_url(published),
        favicon_url=icon_url(published, 32),
        mark_url=asset_url(square) if square else "",
        tagline=published.values.tagline,
        logo=_logo(published, AssetKind.LOGO),
        logo_dark=_logo(published, AssetKind.LOGO_DARK),
        is_sidebar_dark=published.values.sidebar == Sidebar.TINTED,
    )


def held_theme(tenant: TenantRef) -> tuple[str, str]:
    """Address and text of the stylesheet of an organisation whose host serves nothing else; empty without a brand."""
    published = published_of(tenant)
    return theme_url(published), theme_of(published.values).css if published.number else ""


def public_pages(tenant: TenantRef) -> list[str]:
    """The home page and the legal texts, for crawlers; none where the organisation has no public home."""
    if not has_public_home(tenant):
        return []
    return ["/", *[url for _, url in legal_links(published_of(tenant)) if url.startswith("/")]]


def _logo(published: Published, kind: AssetKind) -> Logo | None:
    asset = published.asset(kind)
    return Logo(asset_url(asset), asset["width"], asset["height"]) if asset else None


def livery(request: HttpRequest) -> dict[str, Any]:
    """In every template: `fixed_mode`, where the brand is always light or dark, `follows_device`,
    where nobody chooses, the links to its legal texts, and what templates/brand/head.html writes.
    """
    tenant = getattr(request, "tenant", None)
    if tenant is None:
        return {}
    published = published_of(tenant)
    mode = published.values.mode
    return {
        "brand_head": {
            "touch_icon": icon_url(published, 180),
            "colour": ink_of(published.values).brand,
            # Other sites load the picture by its full address.
            "card": f"{host_url(tenant.primary_host)}{card_url(published)}",
        },
        "follows_device": mode == Mode.FOLLOW,
        "fixed_mode": mode if mode in (Mode.LIGHT, Mode.DARK) else "",
        "legal_links": legal_links(published),
    }
