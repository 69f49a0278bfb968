"""Uploaded pictures are read once, in a few raster formats, and written anew: nothing of the sent bytes is kept."""

import hashlib
import io
import struct
import warnings
import zlib
from dataclasses import dataclass

from PIL import Image, ImageOps

from core.errors import FieldError
from shared_apps.tenants.branding.errors import ImageRefused
from shared_apps.tenants.branding.models import AssetKind

LARGEST_BYTES = 2 * 1024 * 1024
# A picture of this many pixels takes 64 MB to read.
LARGEST_PIXELS = 16_000_000
LONGEST_SIDE = {AssetKind.LOGO: 1200, AssetKind.LOGO_DARK: 1200, AssetKind.SQUARE: 1024, AssetKind.FAVICON: 512}
SHORTEST_SIDE = 16
_SQUARE = (AssetKind.SQUARE, AssetKind.FAVICON)
_FORMATS = ("PNG", "JPEG", "WEBP")
# What Pillow raises for files that are damaged or made to harm it.
_BROKEN = (OSError, SyntaxError, ValueError, EOFError, struct.error, zlib.error, IndexError, MemoryError)


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture as PNG, with nothing in it but its pixels."""

    content: bytes
    hash: str
    width: int
    height: int


def picture_read(*, kind: AssetKind, content: bytes) -> Picture:
    """An upload as a clean PNG; raises ImageRefused with what to send instead."""
    if len(content) > LARGEST_BYTES:
        raise _refused("too_large", "The file is larger than 2 MB. Send a smaller one.")
    if _is_svg(content):
        raise _refused("svg", "SVG files can hold scripts and are not taken. Export the logo as PNG and send that.")
    with warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        try:
            image = _opened(content)
            image.load()
            image = ImageOps.exif_transpose(image).convert("RGBA")
        except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
            raise _too_many_pixels() from error
        except _BROKEN as error:
            raise _refused("unreadable", "This is no PNG, JPEG or WebP picture, or it is damaged.") from error
    if kind in _SQUARE and image.width != image.height:
        image = _squared(image)
    image.thumbnail((LONGEST_SIDE[kind], LONGEST_SIDE[kind]), Image.Resampling.LANCZOS)
    return encoded(image)


def encoded(image: Image.Image) -> Picture:
    """A picture as PNG, from its pixels alone: profiles, comments, places and thumbnails stay behind."""
    clean = Image.frombytes(image.mode, image.size, image.tobytes())
    stream = io.BytesIO()
    clean.save(stream, "PNG", optimize=True)
    content = stream.getvalue()
    return Picture(content, hashlib.sha256(content).hexdigest(), clean.width, clean.height)


def _opened(content: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(content), formats=_FORMATS)
    if image.width * image.height > LARGEST_PIXELS:
        raise _too_many_pixels()
    if min(image.size) < SHORTEST_SIDE:
        raise _refused("too_small", f"The picture is smaller than {SHORTEST_SIDE} pixels. Send a larger one.")
    if getattr(image, "n_frames", 1) > 1:
        raise _refused("animated", "The picture moves. Send one that stands still.")
    return image


def _squared(image: Image.Image) -> Image.Image:
    side = max(image.size)
    square = Image.new("RGBA", (side, side))
    square.paste(image, ((side - image.width) // 2, (side - image.height) // 2))
    return square


def _is_svg(content: bytes) -> bool:
    head = content[:1024].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    return head.startswith((b"<?xml", b"<svg", b"<!doctype", b"<!--")) or b"<svg" in head


def _too_many_pixels() -> ImageRefused:
    return _refused("too_many_pixels", "The picture has more than 16 million pixels. Send a smaller one.")


def _refused(code: str, message: str) -> ImageRefused:
    return ImageRefused(message, errors=[FieldError(field="file", code=code, message=message)])
