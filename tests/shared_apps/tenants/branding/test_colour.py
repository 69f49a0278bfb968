import pytest

from shared_apps.tenants.branding.colour import contrast, from_hex, mix, oklch, over, to_hex, to_rgb


@pytest.mark.parametrize("text", ["#000000", "#ffffff", "#1d7a4f", "#f5a524", "#1f3a8a", "#ff00ff", "#0a0a0a"])
def test_a_colour_survives_the_way_to_oklab_and_back(text: str) -> None:
    assert to_hex(from_hex(text)) == text


def test_a_short_colour_is_the_long_one() -> None:
    assert from_hex("#1a9") == from_hex("#11aa99")


@pytest.mark.parametrize("text", ["", "#12", "#1234", "red", "#12345g", "123456", "#1234567"])
def test_what_is_no_colour_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no colour"):
        from_hex(text)


def test_oklch_is_what_css_color_4_gives_for_its_own_examples() -> None:
    # CSS Color 4, section 9.4: examples of oklch() with their sRGB.
    assert to_hex(oklch(0.4013, 0.1236, 21.57)) == "#7d2329"
    assert to_hex(oklch(0.5969, 0.15619, 49.77)) == "#c65d06"


def test_a_colour_outside_of_the_gamut_is_clipped() -> None:
    assert to_rgb(oklch(0.6, 0.37, 145))[0] == 0
    assert oklch(1.4, -0.1, 0) == oklch(1, 0, 0)


def test_contrast_is_that_of_wcag() -> None:
    white, black = from_hex("#ffffff"), from_hex("#000000")
    assert contrast(white, black) == contrast(black, white) == pytest.approx(21)
    assert contrast(white, white) == 1
    # The greys that every checker knows: 4.54 passes, 4.48 does not.
    assert contrast(from_hex("#767676"), white) == pytest.approx(4.54, abs=0.005)
    assert contrast(from_hex("#777777"), white) == pytest.approx(4.48, abs=0.005)


def test_mixing_and_compositing() -> None:
    white, black = from_hex("#ffffff"), from_hex("#000000")
    assert to_hex(mix(black, 0.0, white)) == "#ffffff"
    assert mix(black, 0.5, white).l == pytest.approx(0.5, abs=1e-6)
    assert to_hex(over(oklch(1, 0, 0, 0.5), black)) == "#808080"
    assert over(white, black) == white
