"""Which texts stand on which backgrounds, how well each is read, and the brand colour with which all of them are."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from shared_apps.tenants.branding.colour import Colour, contrast, from_hex, oklch, over, to_hex
from shared_apps.tenants.branding.stylesheet import MODES, computed

# WCAG 2.2, success criteria 1.4.3 and 1.4.11.
TEXT, GRAPHIC = 4.5, 3.0
LIGHT_INK, DARK_INK = "#ffffff", "#0a0a0a"
_STEP, _STEPS = 0.005, 120
_PLAIN = ("bg", "surface", "surface-2", "surface-3")
_SOFT = ("brand-soft", "brand-soft-2")
_MEANINGS = ("ok", "warn", "bad", "info")


@dataclass(frozen=True, slots=True)
class Pair:
    """A token that is read on another; `under` is what shines through a translucent background."""

    text: str
    background: str
    least: float = TEXT
    under: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """One pair's contrast in one mode."""

    pair: Pair
    mode: str
    ratio: float

    @property
    def passes(self) -> bool:
        return self.ratio >= self.pair.least


def _pairs() -> Iterator[Pair]:
    for text in ("text", "text-2", "text-3"):
        yield from (Pair(text, background) for background in _PLAIN)
    yield from (Pair("text", background) for background in _SOFT)
    yield from (Pair("brand-ink", background) for background in (*_PLAIN, *_SOFT))
    yield from (Pair("on-brand", background) for background in ("brand", "brand-hover", "brand-press"))
    for meaning in _MEANINGS:
        yield from (Pair(f"{meaning}-ink", background) for background in (f"{meaning}-soft", "surface", "bg"))
    yield Pair("on-inverse", "inverse")
    yield from (Pair(text, "side-bg") for text in ("side-fg", "side-on"))
    yield from (Pair(text, "side-hover", under="side-bg") for text in ("side-fg", "side-on"))
    yield Pair("side-on", "side-active", under="side-bg")
    yield from (Pair("ring", background, GRAPHIC) for background in ("surface", "bg"))
    yield Pair("d1", "surface", GRAPHIC)


PAIRS = tuple(_pairs())


@dataclass(frozen=True, slots=True)
class Ground:
    """What a brand colour has to stand on."""

    neutral_hue: int = 262
    neutral_chroma: float = 0.008
    sidebar: str = "plain"


@dataclass(frozen=True, slots=True)
class Ink:
    """A brand colour that can be read, the ink on it, and where it goes when it is pressed."""

    brand: str
    on_brand: str

    @property
    def shift(self) -> str:
        """Light inks are on colours that darken when pressed, dark ones on colours that lighten."""
        return "-.05" if self.on_brand == LIGHT_INK else ".05"


def properties(ink: Ink, ground: Ground) -> dict[str, str]:
    """The custom properties, without dashes, with which a theme sets its colours."""
    found = {
        "brand": ink.brand,
        "on-brand": ink.on_brand,
        "brand-shift": ink.shift,
        "neutral-h": f"{ground.neutral_hue}",
        "neutral-c": f"{ground.neutral_chroma:g}",
    }
    return found | (_tinted_sidebar(ink) if ground.sidebar == "tinted" else {})


def _tinted_sidebar(ink: Ink) -> dict[str, str]:
    brand = from_hex(ink.brand)
    tint, hue = min(brand.chroma, 0.07), f"{brand.hue:.1f}"
    return {
        "side-bg": f"oklch(.27 {tint:.3f} {hue})",
        "side-fg": f"oklch(.83 {min(tint, 0.03):.3f} {hue})",
        "side-on": "#ffffff",
        "side-hover": "oklch(1 0 0 / .07)",
        "side-active": "oklch(1 0 0 / .13)",
        "side-line": "oklch(1 0 0 / .12)",
        "side-accent": "#ffffff",
    }


def readings(ink: Ink, ground: Ground) -> list[Reading]:
    """The contrast of every pair in light and in dark."""
    return list(_readings(properties(ink, ground)))


def _readings(inputs: Mapping[str, str]) -> Iterator[Reading]:
    for mode in MODES:
        token = computed(inputs, mode)
        for pair in PAIRS:
            background = token(pair.background)
            if pair.under:
                background = over(background, token(pair.under))
            yield Reading(pair, mode, contrast(token(pair.text), background))


@lru_cache(maxsize=4096)
def nudged(brand: str, ground: Ground) -> Ink:
    """The brand colour, lightened or darkened by as little as lets every pair be read; its hue is kept."""
    wanted = from_hex(brand)
    for distance in range(_STEPS + 1):
        for direction in (-1, 1) if distance else (1,):
            colour = to_hex(_at(wanted, wanted.l + direction * distance * _STEP)) if distance else brand
            for on_brand in _inks(from_hex(colour)):
                ink = Ink(colour, on_brand)
                if all(reading.passes for reading in _readings(properties(ink, ground))):
                    return ink
    raise AssertionError(f"No lightness of {brand} can be read on {ground}.")


def _at(colour: Colour, lightness: float) -> Colour:
    return oklch(lightness, colour.chroma, colour.hue)


def _inks(colour: Colour) -> list[str]:
    """Both inks, the one that contrasts more first."""
    return sorted((LIGHT_INK, DARK_INK), key=lambda ink: contrast(from_hex(ink), colour), reverse=True)
