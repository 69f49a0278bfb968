import io
import struct
import zlib
from collections.abc import Callable

import pytest
from PIL import Image, PngImagePlugin

from shared_apps.tenants.branding.errors import ImageRefused
from shared_apps.tenants.branding.models import AssetKind
from shared_apps.tenants.branding.uploads import LARGEST_BYTES, LARGEST_PIXELS, picture_read

SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


def png_that_claims(width: int, height: int) -> bytes:
    """A PNG of a few bytes whose head promises a picture of this size."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 99)) + chunk(b"IEND", b"")


def animated(format: str) -> bytes:
    stream = io.BytesIO()
    frames = [Image.new("RGB", (32, 32), colour) for colour in ("red", "blue")]
    frames[0].save(stream, format, save_all=True, append_images=frames[1:], duration=100)
    return stream.getvalue()


def refusal(content: bytes) -> str:
    with pytest.raises(ImageRefused) as refused:
        picture_read(kind=AssetKind.LOGO, content=content)
    (error,) = refused.value.errors
    assert error["field"] == "file"
    return error["code"]


@pytest.mark.parametrize("format", ["PNG", "JPEG", "WEBP"])
def test_a_picture_comes_out_as_a_clean_png(picture: Callable[..., bytes], format: str) -> None:
    read = picture_read(kind=AssetKind.LOGO, content=picture((80, 40), "#1d7a4f", format))

    image = Image.open(io.BytesIO(read.content))
    assert (image.format, image.size, image.info) == ("PNG", (80, 40), {})
    assert (read.width, read.height) == (80, 40)


def test_nothing_but_pixels_is_kept(picture: Callable[..., bytes]) -> None:
    exif = Image.Exif()
    exif[0x010E] = "a-secret-place"
    exif[0x0112] = 6
    told = picture((80, 40), format="JPEG", exif=exif)
    notes = PngImagePlugin.PngInfo()
    notes.add_text("Comment", "a-secret-place")
    written = picture((80, 40), pnginfo=notes) + b"<script>a-secret-place</script>"
    assert b"a-secret-place" in told
    assert b"a-secret-place" in written

    for content in (told, written):
        assert b"a-secret-place" not in picture_read(kind=AssetKind.LOGO, content=content).content
    # It was told to be turned, and is.
    assert picture_read(kind=AssetKind.LOGO, content=told).width == 40


@pytest.mark.parametrize("kind", [AssetKind.SQUARE, AssetKind.FAVICON])
def test_a_square_picture_is_padded_and_a_large_one_is_scaled(picture: Callable[..., bytes], kind: AssetKind) -> None:
    read = picture_read(kind=kind, content=picture((80, 40)))
    assert (read.width, read.height) == (80, 80)
    assert picture_read(kind=kind, content=picture((1500, 1500))).width <= 1024


@pytest.mark.parametrize(
    "content",
    [
        SVG,
        b"\xef\xbb\xbf \n<?xml version='1.0'?>" + SVG,
        b"<!-- x -->" + SVG,
        b"<!DOCTYPE svg>" + SVG,
        SVG.upper(),
        b"GIF89a" + SVG,
    ],
)
def test_svg_is_refused_with_what_to_do(content: bytes) -> None:
    assert refusal(content) == "svg"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"hello",
        b"\x89PNG\r\n\x1a\n",
        b"%PDF-1.7",
        b"PK\x03\x04zip",
        b"<html><script>alert(1)</script></html>",
        b"\xff\xd8\xff\xe0" + b"\0" * 200,
        b"RIFF\x10\0\0\0WEBPVP8 ",
        b"II*\0" + b"\0" * 64,
    ],
)
def test_what_is_no_picture_is_refused(content: bytes) -> None:
    assert refusal(content) == "unreadable"


@pytest.mark.parametrize("format", ["GIF", "BMP", "TIFF", "ICO"])
def test_other_formats_are_refused(picture: Callable[..., bytes], format: str) -> None:
    assert refusal(picture(format=format)) == "unreadable"


def test_a_damaged_picture_is_refused(picture: Callable[..., bytes]) -> None:
    whole = picture((200, 200), format="JPEG")
    assert refusal(whole[: len(whole) // 2]) == "unreadable"
    whole = picture((200, 200))
    assert refusal(whole[: len(whole) // 2]) == "unreadable"


@pytest.mark.parametrize("format", ["PNG", "WEBP"])
def test_a_picture_that_moves_is_refused(format: str) -> None:
    assert refusal(animated(format)) == "animated"


@pytest.mark.parametrize("size", [(4001, 4000), (60_000, 60_000), (2**31 - 1, 1), (30_000, 600)])
def test_a_bomb_is_refused_before_it_is_unpacked(size: tuple[int, int]) -> None:
    assert size[0] * size[1] > LARGEST_PIXELS
    assert refusal(png_that_claims(*size)) == "too_many_pixels"


def test_a_picture_that_promises_more_than_it_holds_is_refused() -> None:
    assert refusal(png_that_claims(1000, 1000)) == "unreadable"


def test_size_limits(picture: Callable[..., bytes]) -> None:
    assert refusal(picture() + b"\0" * LARGEST_BYTES) == "too_large"
    assert refusal(picture((15, 400))) == "too_small"
    assert picture_read(kind=AssetKind.LOGO, content=picture((16, 16))).width == 16


def test_a_compressed_note_of_many_megabytes_is_refused() -> None:
    stream = io.BytesIO()
    notes = PngImagePlugin.PngInfo()
    notes.add_text("Comment", "x" * 70_000_000, zip=True)
    Image.new("RGB", (32, 32)).save(stream, "PNG", pnginfo=notes)
    assert stream.tell() < LARGEST_BYTES
    assert refusal(stream.getvalue()) == "unreadable"
