"""Icons and the card of shared links, drawn from the square logo or from the name and the colours."""

import io
from functools import lru_cache

from django.conf import settings
from PIL import Image, ImageDraw, ImageFont

from shared_apps.tenants.branding.colour import from_hex, to_rgb
from shared_apps.tenants.branding.theme import palette_of
from shared_apps.tenants.branding.uploads import encoded
from shared_apps.tenants.branding.values import BrandValues, Font

# Counts the changes of what is drawn here: it is part of every address, which browsers keep for ever.
ARTWORK = 1
ICON_SIZES = (16, 32, 180, 192, 512)
MASKABLE_SIZE = 512
CARD_SIZE = (1200, 630)
# A mask may cut off all but the inner circle of this share (W3C, Web Application Manifest, "maskable").
_SAFE = 0.8
_SCALE = 4
_FILES = {
    Font.INTER: "inter",
    Font.MANROPE: "manrope",
    Font.SOURCE_SERIF: "source-serif-4",
    # A server has no device's own font.
    Font.SYSTEM: "inter",
}
_BOLD = 700
Rgb = tuple[int, int, int]


def initials_of(name: str) -> str:
    """One or two letters that stand for a name."""
    words = name.split()
    return "".join(word[0] for word in (words if len(words) < 3 else [words[0], words[-1]])).upper()


def icon_png(*, values: BrandValues, size: int, square: bytes | None, maskable: bool = False) -> bytes:
    """An icon of this many pixels as PNG; a maskable one fills its square to the edges."""
    if square is not None:
        return encoded(_from_logo(values, square, size, maskable=maskable)).content
    return encoded(_from_initials(values, size, maskable=maskable)).content


def favicon_ico(*, values: BrandValues, square: bytes | None) -> bytes:
    """The icons of 16 and 32 pixels in one file, for whoever asks for /favicon.ico."""
    images = [Image.open(io.BytesIO(icon_png(values=values, size=size, square=square))) for size in (32, 16)]
    stream = io.BytesIO()
    images[0].save(stream, "ICO", append_images=images[1:], sizes=[(32, 32), (16, 16)])
    return stream.getvalue()


def card_png(*, values: BrandValues, square: bytes | None) -> bytes:
    """The picture that other sites show beside a link: the mark and the name on the brand colour."""
    palette = palette_of(values)
    ground, ink = _rgb(palette.brand), _rgb(palette.on_brand)
    image = Image.new("RGB", CARD_SIZE, ground)
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, CARD_SIZE[1] - 24, CARD_SIZE[0], CARD_SIZE[1]), fill=_rgb(values.accent))
    left, top, side = 96, 96, 144
    mark = Image.open(io.BytesIO(icon_png(values=values, size=side, square=square)))
    plate = Image.new("RGBA", (side + 16, side + 16))
    ImageDraw.Draw(plate).rounded_rectangle((0, 0, side + 15, side + 15), 28, fill=(*ink, 255))
    image.paste(plate, (left - 8, top - 8), plate)
    image.paste(mark, (left, top), mark if mark.mode == "RGBA" else None)
    font, lines = _fitted(values, values.name, CARD_SIZE[0] - 2 * left)
    draw.multiline_text((left, 284), "\n".join(lines), font=font, fill=ink, spacing=16)
    if values.tagline:
        small = _font(values.font_body, 36)
        tagline = _shown(values.tagline, _font(values.font_body, 16))
        draw.text((left, CARD_SIZE[1] - 104), tagline, font=small, fill=ink)
    return encoded(image).content


def _from_logo(values: BrandValues, square: bytes, size: int, *, maskable: bool) -> Image.Image:
    logo = Image.open(io.BytesIO(square)).convert("RGBA")
    if not maskable:
        return logo.resize((size, size), Image.Resampling.LANCZOS)
    inner = round(size * _SAFE * 0.8)
    image = Image.new("RGB", (size, size), (255, 255, 255))
    logo = logo.resize((inner, inner), Image.Resampling.LANCZOS)
    image.paste(logo, ((size - inner) // 2, (size - inner) // 2), logo)
    return image


def _from_initials(values: BrandValues, size: int, *, maskable: bool) -> Image.Image:
    palette = palette_of(values)
    # Drawn larger and scaled down: small letters come out smooth.
    side = size * (_SCALE if size < MASKABLE_SIZE else 1)
    image = Image.new("RGBA", (side, side))
    draw = ImageDraw.Draw(image)
    radius = 0 if maskable else side * min(values.radius, 16) // 48
    draw.rounded_rectangle((0, 0, side - 1, side - 1), radius, fill=(*_rgb(palette.brand), 255))
    share = 0.5 * (_SAFE if maskable else 1)
    font = _font(values.font_head, round(side * share))
    text = _shown(initials_of(values.name), font)
    if text:
        draw.text((side / 2, side / 2), text, font=font, fill=(*_rgb(palette.on_brand), 255), anchor="mm")
    else:
        inset = side * 0.3
        draw.ellipse((inset, inset, side - inset, side - inset), fill=(*_rgb(palette.on_brand), 255))
    return image.resize((size, size), Image.Resampling.LANCZOS)


def _fitted(values: BrandValues, text: str, width: int) -> tuple[ImageFont.FreeTypeFont, list[str]]:
    """The largest font with which the text fits on two lines, and the lines."""
    text = _shown(text, _font(values.font_head, 16))
    for size in (92, 76, 60, 44):
        font = _font(values.font_head, size)
        lines = _wrapped(text, font, width)
        if len(lines) <= 2:
            return font, lines
    return font, [*lines[:1], f"{lines[1][:-1]}…"]


def _wrapped(text: str, font: ImageFont.FreeTypeFont, width: int) -> list[str]:
    lines: list[str] = []
    for word in text.split():
        joined = f"{lines[-1]} {word}" if lines else word
        if lines and font.getlength(joined) <= width:
            lines[-1] = joined
        else:
            while font.getlength(word) > width:
                word = word[:-1]
            lines.append(word)
    return lines


def _shown(text: str, font: ImageFont.FreeTypeFont) -> str:
    """The letters that the font has; a box in place of a letter would be worse than none."""
    missing = bytes(font.getmask("\uffff"))
    return "".join(letter for letter in text if letter.isspace() or bytes(font.getmask(letter)) != missing).strip()


def _font(name: str, size: int) -> ImageFont.FreeTypeFont:
    folder = settings.BASE_DIR / "static" / "fonts"
    font = ImageFont.truetype(io.BytesIO(_bytes(f"{folder}/{_FILES[Font(name)]}-latin-wght-normal.woff2")), size)
    font.set_variation_by_axes([_BOLD])
    return font


@lru_cache(maxsize=8)
def _bytes(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read()


def _rgb(hex_text: str) -> Rgb:
    return to_rgb(from_hex(hex_text))
