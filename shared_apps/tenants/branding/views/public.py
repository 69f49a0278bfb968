"""What everybody may load of a brand: one host's alone, and kept for ever at an address with its hash."""

import hashlib
import json
from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.core.cache import caches
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.views.decorators.http import require_safe

from core.errors import NotFound
from core.tenancy import require_scope
from core.web.htmx import render_page
from shared_apps.tenants.branding.addresses import ICON_PATHS, MASKABLE_PATH, artwork_hash
from shared_apps.tenants.branding.drawing import MASKABLE_SIZE, card_png, favicon_ico, icon_png
from shared_apps.tenants.branding.legal import LEGAL_LABELS, legal_html
from shared_apps.tenants.branding.selectors import (
    asset_content,
    asset_in,
    legal_text,
    published_brand,
    square_content,
)
from shared_apps.tenants.branding.theme import palette_of, theme_of

FOR_EVER = "public, max-age=31536000, immutable"
FOR_A_MINUTE = "public, max-age=60"
_KEPT_SECONDS = 60 * 60 * 24 * 30


@require_safe
def theme_css(request: HttpRequest) -> HttpResponse:
    """The published brand's stylesheet; a hash that is not its own gets it too, but not for ever."""
    theme = theme_of(published_brand().values)
    return _answer(request, theme.css.encode(), "text/css; charset=utf-8", current=theme.hash)


@require_safe
def manifest(request: HttpRequest) -> HttpResponse:
    """How the site is called and looks when it is installed (W3C, Web Application Manifest)."""
    published = published_brand()
    palette = palette_of(published.values)
    version = artwork_hash(published)
    icons = [(f"/{ICON_PATHS[size]}", size, "any") for size in (192, 512)]
    icons.append((f"/{MASKABLE_PATH}", MASKABLE_SIZE, "maskable"))
    content = {
        "id": "/",
        "name": published.values.name,
        "short_name": published.values.name[:30],
        "start_url": "/",
        "scope": "/",
        "display": "standalone",
        "theme_color": palette.brand,
        "background_color": palette.background,
        "icons": [
            {"src": f"{path}?v={version}", "sizes": f"{size}x{size}", "type": "image/png", "purpose": purpose}
            for path, size, purpose in icons
        ],
    }
    body = json.dumps(content, ensure_ascii=False).encode()
    return _answer(request, body, "application/manifest+json", current=hashlib.sha256(body).hexdigest()[:16])


def icon(size: int, *, maskable: bool = False) -> Callable[[HttpRequest], HttpResponse]:
    """The view of one icon."""

    @require_safe
    def view(request: HttpRequest) -> HttpResponse:
        name = f"icon-{size}{'-maskable' if maskable else ''}"
        return _drawn(request, name, "image/png", lambda **brand: icon_png(size=size, maskable=maskable, **brand))

    return view


@require_safe
def favicon(request: HttpRequest) -> HttpResponse:
    """The icon for those who ask without reading the page."""
    return _drawn(request, "favicon", "image/x-icon", favicon_ico)


@require_safe
def card(request: HttpRequest) -> HttpResponse:
    """The picture of shared links (Open Graph)."""
    return _drawn(request, "card", "image/png", card_png)


@require_safe
def asset(request: HttpRequest, asset_id: UUID) -> HttpResponse:
    """An uploaded picture of the published brand; one of the draft is nothing that everybody may see."""
    found = asset_in(published_brand().assets, asset_id)
    return _answer(request, asset_content(found), "image/png", current=found["hash"], always_current=True)


def legal(kind: str) -> Callable[[HttpRequest], HttpResponse]:
    """The page of one legal text."""

    @require_safe
    def view(request: HttpRequest) -> HttpResponse:
        tenant = require_scope().tenant
        if tenant is None:
            raise NotFound
        context = {"title": LEGAL_LABELS[kind], "text": legal_html(legal_text(tenant, kind))}
        return render_page(request, "brand/legal.html", context)

    return view


def _drawn(request: HttpRequest, name: str, content_type: str, draw: Callable[..., bytes]) -> HttpResponse:
    """A picture from this host's own cache, drawn when it is asked for the first time."""
    published = published_brand()
    version = artwork_hash(published)
    cache = caches["platform" if require_scope().is_platform else "tenant"]
    key = f"brand:{name}:{version}"
    body = cache.get(key)
    if body is None:
        body = draw(values=published.values, square=square_content(published.assets))
        cache.set(key, body, _KEPT_SECONDS)
    return _answer(request, body, content_type, current=version)


def _answer(
    request: HttpRequest, body: bytes, content_type: str, *, current: str, always_current: bool = False
) -> HttpResponse:
    tag = f'"{current}"'
    headers: dict[str, Any] = {
        "ETag": tag,
        "Cache-Control": FOR_EVER if always_current or request.GET.get("v") == current else FOR_A_MINUTE,
        # Mail programs and other sites show these pictures.
        "Cross-Origin-Resource-Policy": "cross-origin",
        "Content-Security-Policy": "default-src 'none'; sandbox",
    }
    if tag in [each.strip().removeprefix("W/") for each in request.headers.get("If-None-Match", "").split(",")]:
        return HttpResponseNotModified(headers=headers)
    return HttpResponse(body, content_type=content_type, headers=headers)
