import pytest

from shared_apps.tenants.branding import stylesheet
from shared_apps.tenants.branding.colour import to_hex
from shared_apps.tenants.branding.contrast import Ground, Ink, properties
from shared_apps.tenants.branding.stylesheet import NotAColour, computed

INPUTS = properties(Ink("#1d7a4f", "#ffffff"), Ground(150, 0.008))


def test_tokens_follow_what_a_theme_sets() -> None:
    light, dark = computed(INPUTS, "light"), computed(INPUTS, "dark")

    assert to_hex(light("brand")) == to_hex(dark("brand")) == "#1d7a4f"
    assert to_hex(light("surface")) == "#ffffff"
    assert dark("surface").l == pytest.approx(0.215)
    assert light("brand-ink").l == pytest.approx(0.42)
    assert dark("brand-ink").l == pytest.approx(0.78)
    assert light("brand-hover").l == pytest.approx(light("brand").l - 0.05)
    assert light("text").hue == pytest.approx(150)
    assert dark("side-hover").alpha == pytest.approx(0.05)


@pytest.mark.parametrize(
    "value", ["url(https://evil.example)", "oklch(1 0 0", "oklch(1 0 0) x", "red(1)", "expression('x')", "#12345", ""]
)
def test_other_css_is_not_read(value: str) -> None:
    with pytest.raises((NotAColour, ValueError)):
        computed({"brand": value}, "light")("brand")


def test_tokens_that_are_not_where_they_were_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stylesheet, "_SELECTORS", {**stylesheet._SELECTORS, "light": ":nowhere"})
    with pytest.raises(NotAColour, match="no block :nowhere"):
        stylesheet._declarations.__wrapped__("light")
