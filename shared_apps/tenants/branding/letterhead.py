"""How e-mails come to wear a brand."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings

from core.tenancy import require_scope
from core.web.letters import Ink, Letterhead, Picture
from shared_apps.tenants.branding.addresses import asset_url, icon_url
from shared_apps.tenants.branding.legal import legal_links
from shared_apps.tenants.branding.models import AssetKind
from shared_apps.tenants.branding.selectors import published_brand
from shared_apps.tenants.branding.theme import Palette, palette_of
from shared_apps.tenants.branding.values import Font
from shared_apps.tenants.selectors import host_url

# Mail programs load no fonts, so each is stood in for by what every device has.
_SANS = "-apple-system, BlinkMacSystemFont, 'Segoe UI', Roboto, Helvetica, Arial, sans-serif"
_SERIF = "Georgia, 'Times New Roman', serif"
_LOGO_WIDTH, _LOGO_HEIGHT = 220, 40
_ICON = 192


def letterhead() -> Letterhead:
    """The published brand of the current organisation, or the platform's own, as its messages wear it: no query."""
    tenant, published = require_scope().tenant, published_brand()
    values = published.values
    site_url = host_url(tenant.primary_host if tenant else settings.PLATFORM_HOST)
    return Letterhead(
        name=tenant.name if tenant else settings.PLATFORM_NAME,
        sender=values.sender_name or values.name,
        site_url=site_url,
        reply_to=values.reply_to,
        icon_url=f"{site_url}{icon_url(published, _ICON)}",
        logo=_picture(site_url, published.asset(AssetKind.LOGO)),
        logo_dark=_picture(site_url, published.asset(AssetKind.LOGO_DARK)),
        light=_ink(palette_of(values)),
        dark=_ink(palette_of(values, "dark")),
        radius=values.radius,
        body_font=_font(values.font_body),
        head_font=_font(values.font_head),
        links=tuple(
            (label, url if url.startswith("https:") else f"{site_url}{url}") for label, url in legal_links(published)
        ),
    )


def _ink(palette: Palette) -> Ink:
    return Ink(
        page=palette.background,
        card=palette.surface,
        line=palette.line,
        text=palette.text,
        muted=palette.muted,
        link=palette.ink,
        button=palette.brand,
        on_button=palette.on_brand,
    )


def _picture(site_url: str, asset: Mapping[str, Any] | None) -> Picture | None:
    if asset is None:
        return None
    scale = min(1, _LOGO_WIDTH / asset["width"], _LOGO_HEIGHT / asset["height"])
    width, height = max(1, round(asset["width"] * scale)), max(1, round(asset["height"] * scale))
    return Picture(f"{site_url}{asset_url(asset)}", width, height)


def _font(font: str) -> str:
    return _SERIF if font == Font.SOURCE_SERIF else _SANS
