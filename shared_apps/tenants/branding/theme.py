"""The stylesheet of a brand: custom properties from validated settings, and nothing else."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from shared_apps.tenants.branding.colour import to_hex
from shared_apps.tenants.branding.contrast import Ink, nudged, properties
from shared_apps.tenants.branding.stylesheet import computed
from shared_apps.tenants.branding.values import BrandValues, Density, Font

_SYSTEM = "ui-sans-serif, system-ui, sans-serif"
# The names are those of the font faces in static/css/fonts.css.
_FAMILIES = {
    Font.INTER: f'"Inter", {_SYSTEM}',
    Font.MANROPE: f'"Manrope", {_SYSTEM}',
    Font.SOURCE_SERIF: '"Source Serif", ui-serif, Georgia, serif',
    Font.SYSTEM: _SYSTEM,
}
# Manrope runs wide and light: it is set without tracking and a little heavier.
_MANROPE = {"tracking": "0", "w-reg": "500", "w-med": "620", "w-semi": "700"}
_COMPACT = ".9"


@dataclass(frozen=True, slots=True)
class Theme:
    """A stylesheet and the hash by which it is cached for ever."""

    css: str
    hash: str


@dataclass(frozen=True, slots=True)
class Palette:
    """A brand's colours as `#rrggbb`, for mail and documents."""

    brand: str
    on_brand: str
    ink: str
    soft: str
    line: str
    text: str
    muted: str
    background: str
    surface: str


def ink_of(values: BrandValues) -> Ink:
    """The brand colour as it is shown: moved until everything can be read."""
    return nudged(values.brand, values.ground)


@lru_cache(maxsize=2048)
def theme_of(values: BrandValues) -> Theme:
    """The stylesheet of a brand; the same settings give the same bytes."""
    css = css_of(theme_properties(values))
    return Theme(css, hashlib.sha256(css.encode()).hexdigest()[:16])


def theme_properties(values: BrandValues) -> dict[str, str]:
    """The custom properties, without dashes, that a brand sets."""
    body, head = Font(values.font_body), Font(values.font_head)
    found = properties(ink_of(values), values.ground)
    found |= {
        "accent": values.accent,
        "radius": f"{values.radius}px",
        "font-body": _FAMILIES[body],
        "font-head": _FAMILIES[head],
    }
    if values.density == Density.COMPACT:
        found["density"] = _COMPACT
    return found | (_MANROPE if body == Font.MANROPE else {})


def preview_properties(values: BrandValues) -> dict[str, str]:
    """Those of the theme, and as `paper-…` the colours of mail and documents, for the samples beside a draft."""
    palette = palette_of(values)
    paper = {f"paper-{name.replace('_', '-')}": getattr(palette, name) for name in palette.__slots__}
    return theme_properties(values) | paper


def css_of(found: Mapping[str, str]) -> str:
    """Custom properties in the layer that is read last."""
    lines = "".join(f"    --{name}: {value};\n" for name, value in found.items())
    return f"@layer theme {{\n  :root {{\n{lines}  }}\n}}\n"


@lru_cache(maxsize=2048)
def palette_of(values: BrandValues, mode: Literal["light", "dark"] = "light") -> Palette:
    """The colours of a brand for what no browser draws; documents are always light."""
    token = computed(properties(ink_of(values), values.ground), mode)
    return Palette(
        **{
            field: to_hex(token(name))
            for field, name in {
                "brand": "brand",
                "on_brand": "on-brand",
                "ink": "brand-ink",
                "soft": "brand-soft",
                "line": "line",
                "text": "text",
                "muted": "text-2",
                "background": "bg",
                "surface": "surface",
            }.items()
        }
    )
