from itertools import product

import pytest

from shared_apps.tenants.branding import contrast
from shared_apps.tenants.branding.colour import from_hex, oklch, to_hex
from shared_apps.tenants.branding.contrast import PAIRS, Ground, Ink, nudged, readings

# 30 hues, 8 lightnesses and 3 chromas.
SWEEP = [
    to_hex(oklch(lightness, chroma, hue))
    for hue, lightness, chroma in product(
        range(0, 360, 12), (0.25, 0.35, 0.45, 0.55, 0.65, 0.75, 0.85, 0.95), (0.04, 0.12, 0.2)
    )
]


@pytest.mark.parametrize("ground", [Ground(), Ground(150, 0.03), Ground(60, 0.01, "tinted")], ids=str)
def test_every_pair_is_read_on_720_brands_in_light_and_dark(ground: Ground) -> None:
    assert len(SWEEP) == 720
    failed = [
        (brand, reading)
        for brand in SWEEP
        for reading in readings(nudged(brand, ground), ground)
        if reading.ratio < (4.5 if reading.pair.least == 4.5 else 3)
    ]
    assert failed == []


def test_text_pairs_need_4_5_and_only_rings_and_lines_need_less() -> None:
    assert {pair.text for pair in PAIRS if pair.least != 4.5} == {"ring", "d1"}
    assert all(pair.least == 3 for pair in PAIRS if pair.least != 4.5)


def test_a_colour_that_can_be_read_stays_what_it_is() -> None:
    assert nudged("#1d7a4f", Ground()) == Ink("#1d7a4f", "#ffffff")
    assert nudged("#f5a524", Ground(60, 0.01)) == Ink("#f5a524", "#0a0a0a")
    assert nudged("#1f3a8a", Ground()).shift == "-.05"
    assert nudged("#f5a524", Ground()).shift == ".05"


def test_a_colour_that_cannot_be_read_moves_by_little_and_keeps_its_hue() -> None:
    wanted, got = from_hex("#008774"), from_hex(nudged("#008774", Ground()).brand)

    assert wanted != got
    assert abs(wanted.l - got.l) < 0.03
    assert got.hue == pytest.approx(wanted.hue, abs=2)


@pytest.mark.parametrize("brand", ["#000000", "#ffffff", "#ffff00", "#00ff00", "#0000ff", "#808080"])
@pytest.mark.parametrize("hue", [0, 90, 180, 270])
def test_extremes_are_read_on_the_strongest_tint(brand: str, hue: int) -> None:
    ground = Ground(hue, 0.03, "tinted")
    assert all(reading.passes for reading in readings(nudged(brand, ground), ground))


def test_a_colour_that_nothing_makes_readable_is_an_error_and_no_theme(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contrast, "_inks", lambda brand: ())
    with pytest.raises(AssertionError, match="No lightness of #1d7a4f"):
        contrast.nudged.__wrapped__("#1d7a4f", Ground())
