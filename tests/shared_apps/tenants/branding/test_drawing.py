import io
from collections.abc import Callable
from dataclasses import replace

import pytest
from PIL import Image

from shared_apps.tenants.branding.drawing import CARD_SIZE, MASKABLE_SIZE, card_png, icon_png
from shared_apps.tenants.branding.values import BrandValues

VALUES = BrandValues(name="River")


def drawn(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content)).convert("RGB")


def test_a_maskable_icon_keeps_the_logo_inside_of_what_a_device_may_cut_off(picture: Callable[..., bytes]) -> None:
    icon = drawn(icon_png(values=VALUES, size=MASKABLE_SIZE, square=picture((64, 64), "#ff0000"), maskable=True))
    middle, tenth = MASKABLE_SIZE // 2, MASKABLE_SIZE // 10
    assert icon.size == (MASKABLE_SIZE, MASKABLE_SIZE)
    assert icon.getpixel((middle, middle)) == (255, 0, 0)
    for corner in ((0, 0), (tenth, middle), (middle, MASKABLE_SIZE - tenth)):
        assert icon.getpixel(corner) == (255, 255, 255)


@pytest.mark.parametrize("name", ["River Trust", "Mmmmmmmm " * 13, "M" * 120])
def test_a_name_of_any_length_stays_on_the_card(name: str) -> None:
    card = drawn(card_png(values=replace(VALUES, name=name.strip(), brand="#1d7a4f"), square=None))
    assert card.size == CARD_SIZE
    ground = card.getpixel((CARD_SIZE[0] - 4, 4))
    assert {card.getpixel((CARD_SIZE[0] - 4, y)) for y in range(CARD_SIZE[1] - 30)} == {ground}
