"""Colours as browsers compute them, so that contrast can be judged before a page is drawn."""

import math
import re
from dataclasses import dataclass

Triple = tuple[float, float, float]
_HEX = re.compile(r"#[0-9a-f]{6}")


@dataclass(frozen=True, slots=True)
class Colour:
    """A colour in OKLab (lightness 0-1, a, b) with its opacity; it may lie outside of what a screen can show."""

    l: float  # noqa: E741  the name that CSS gives it
    a: float
    b: float
    alpha: float = 1.0

    @property
    def chroma(self) -> float:
        """Distance from grey."""
        return math.hypot(self.a, self.b)

    @property
    def hue(self) -> float:
        """Angle in degrees, 0 to 360."""
        return math.degrees(math.atan2(self.b, self.a)) % 360


def oklch(lightness: float, chroma: float, hue: float, alpha: float = 1.0) -> Colour:
    """A colour by CSS's oklch(): lightness is held to 0-1 and chroma to positive values (CSS Color 4, section 9.4)."""
    angle, chroma = math.radians(hue), max(chroma, 0.0)
    return Colour(min(max(lightness, 0.0), 1.0), chroma * math.cos(angle), chroma * math.sin(angle), alpha)


def from_hex(text: str) -> Colour:
    """A colour by `#rgb` or `#rrggbb` in lower case; raises ValueError."""
    if len(text) == 4:
        text = "#" + "".join(digit * 2 for digit in text[1:])
    if not _HEX.fullmatch(text):
        raise ValueError(f"{text!r} is no colour such as #1d7a4f.")
    red, green, blue = (_linear(int(text[start : start + 2], 16) / 255) for start in (1, 3, 5))
    # Ottosson 2020, "A perceptual color space for image processing": linear sRGB to OKLab.
    long = math.cbrt(0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue)
    middle = math.cbrt(0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue)
    short = math.cbrt(0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue)
    return Colour(
        0.2104542553 * long + 0.7936177850 * middle - 0.0040720468 * short,
        1.9779984951 * long - 2.4285922050 * middle + 0.4505937099 * short,
        0.0259040371 * long + 0.7827717662 * middle - 0.8086757660 * short,
    )


def to_rgb(colour: Colour) -> tuple[int, int, int]:
    """The 8-bit sRGB channels that a screen shows: what lies outside of the gamut is clipped, as browsers do."""
    long = (colour.l + 0.3963377774 * colour.a + 0.2158037573 * colour.b) ** 3
    middle = (colour.l - 0.1055613458 * colour.a - 0.0638541728 * colour.b) ** 3
    short = (colour.l - 0.0894841775 * colour.a - 1.2914855480 * colour.b) ** 3
    linear = (
        4.0767416621 * long - 3.3077115913 * middle + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * middle - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * middle + 1.7076147010 * short,
    )
    red, green, blue = (round(255 * _gamma(min(max(channel, 0.0), 1.0))) for channel in linear)
    return red, green, blue


def to_hex(colour: Colour) -> str:
    """`#rrggbb`, for mail and documents, whose readers know nothing else."""
    return "#{:02x}{:02x}{:02x}".format(*to_rgb(colour))


def mix(first: Colour, share: float, second: Colour) -> Colour:
    """`color-mix(in oklab, first share, second)` of two opaque colours (CSS Color 5, section 2.2)."""
    rest = 1 - share
    return Colour(
        first.l * share + second.l * rest, first.a * share + second.a * rest, first.b * share + second.b * rest
    )


def over(top: Colour, bottom: Colour) -> Colour:
    """A translucent colour on an opaque one: browsers composite in sRGB (Compositing and Blending 1, section 5.1)."""
    if top.alpha >= 1:
        return top
    channels = [
        round(above * top.alpha + below * (1 - top.alpha))
        for above, below in zip(to_rgb(top), to_rgb(bottom), strict=True)
    ]
    return from_hex("#{:02x}{:02x}{:02x}".format(*channels))


def contrast(text: Colour, background: Colour) -> float:
    """Contrast ratio, 1 to 21 (WCAG 2.2, "contrast ratio" and "relative luminance")."""
    lighter, darker = sorted((_luminance(text), _luminance(background)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: Colour) -> float:
    red, green, blue = (_linear(channel / 255) for channel in to_rgb(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(channel: float) -> float:
    # IEC 61966-2-1, the transfer function of sRGB.
    return channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4


def _gamma(channel: float) -> float:
    return channel * 12.92 if channel <= 0.0031308 else 1.055 * channel ** (1 / 2.4) - 0.055
