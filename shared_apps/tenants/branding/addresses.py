"""Where the parts of a brand are served. Each address holds the hash of what it shows, so browsers keep it for ever."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from shared_apps.tenants.branding.drawing import ARTWORK
from shared_apps.tenants.branding.models import AssetKind
from shared_apps.tenants.branding.selectors import Published
from shared_apps.tenants.branding.theme import ink_of, theme_of

ICON_PATHS = {size: f"brand/icon-{size}.png" for size in (16, 32, 180, 192, 512)}
MASKABLE_PATH = "brand/icon-maskable.png"
CARD_PATH = "brand/card.png"


def theme_url(published: Published) -> str:
    """The stylesheet; empty where nothing was published, as the look's own colours are meant then."""
    return f"/theme.css?v={theme_of(published.values).hash}" if published.number else ""


def icon_url(published: Published, size: int) -> str:
    """The icon of this many pixels, of ICON_PATHS."""
    return f"/{ICON_PATHS[size]}?v={artwork_hash(published)}"


def card_url(published: Published) -> str:
    """The picture that other sites show beside a link."""
    return f"/{CARD_PATH}?v={artwork_hash(published)}"


def asset_url(asset: Mapping[str, Any]) -> str:
    """An uploaded picture; a new picture has a new id."""
    return f"/brand/assets/{asset['id']}/"


def artwork_hash(published: Published) -> str:
    """A hash of all that icons and card are drawn from."""
    values, ink = published.values, ink_of(published.values)
    pictures = {
        kind: asset["hash"] for kind in (AssetKind.SQUARE, AssetKind.FAVICON) if (asset := published.asset(kind))
    }
    drawn = [
        ARTWORK,
        values.name,
        values.tagline,
        ink.brand,
        ink.on_brand,
        values.accent,
        values.radius,
        values.font_head,
        values.font_body,
        pictures,
    ]
    return hashlib.sha256(json.dumps(drawn).encode()).hexdigest()[:16]
