import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared_apps.tenants.branding.errors import BrandRefused
from shared_apps.tenants.branding.legal import legal_html
from shared_apps.tenants.branding.theme import theme_of
from shared_apps.tenants.branding.values import FIELDS, BrandValues, changed, differences, from_stored

START = BrandValues(name="North")
# One line of custom properties: a name, and a value without anything that could end it or load something.
_LINE = re.compile(r'    --[a-z-]+: (#[0-9a-f]{6}|[-.0-9]+(px)?|oklch\([-.0-9 /]+\)|[-"A-Za-z ,]+);')

anything = st.one_of(
    st.text(),
    st.integers(),
    st.floats(),
    st.booleans(),
    st.none(),
    st.lists(st.text(), max_size=2),
    st.sampled_from(["#fff", "#1D7A4F", "inter", "compact", "dark", "https://a.example/", "de-DE", "Europe/Berlin"]),
    st.text(alphabet="#0123456789abcdef;}{:/*\\\"'()<>\n\x00", max_size=12),
)


@given(st.dictionaries(st.sampled_from(FIELDS), anything, max_size=6))
def test_whatever_is_sent_the_stylesheet_is_custom_properties_alone(changes: dict[str, Any]) -> None:
    try:
        values = changed(START, changes)
    except BrandRefused as refused:
        assert {each["field"] for each in refused.errors} <= set(changes)
        return
    assert from_stored(values.stored()) == values
    assert changed(values, values.stored()) == values
    lines = theme_of(values).css.splitlines()
    assert [lines[0], lines[1], *lines[-2:]] == ["@layer theme {", "  :root {", "  }", "}"]
    assert all(_LINE.fullmatch(line) for line in lines[2:-2]), lines


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", "x" * 121),
        ("name", "a\x00b"),
        ("name", "a\u202eb"),
        ("name", 3),
        ("brand", "#12345"),
        ("brand", "red;}"),
        ("brand", "url(//evil.example)"),
        ("accent", None),
        ("neutral_hue", 361),
        ("neutral_hue", True),
        ("neutral_hue", "9"),
        ("neutral_chroma", "NaN"),
        ("neutral_chroma", 0.031),
        ("neutral_chroma", float("inf")),
        ("radius", -1),
        ("radius", 17),
        ("radius", 8.5),
        ("density", "huge"),
        ("font_body", "Comic Sans"),
        ("font_head", "inter; }"),
        ("mode", ""),
        ("sender_name", "North\r\nBcc: x@evil.example"),
        ("sender_name", "support@bank.example"),
        ("sender_name", 'N" <x>'),
        ("reply_to", "nobody"),
        ("reply_to", "a@b.example\nBcc: c@d.example"),
        ("reply_to", "a@b.example, c@d.example"),
        ("imprint_text", "x" * 20_001),
        ("imprint_text", "a\x00"),
        ("terms_url", "javascript:alert(1)"),
        ("terms_url", "http://a.example/"),
        ("terms_url", "https://user:secret@a.example/"),
        ("terms_url", "//a.example/"),
        ("terms_url", "https://a.example/\n"),
        ("terms_url", "https://a.example/" + "x" * 300),
        ("locale", "xx-YY-zz"),
        ("locale", "../../etc"),
        ("time_zone", "Mars/Olympus"),
        ("time_zone", "../UTC"),
    ],
)
def test_what_is_not_valid_is_refused_by_name(field: str, value: Any) -> None:
    if field == "terms_url" and value.endswith("\n"):
        assert changed(START, {field: value}).terms_url == "https://a.example/"
        return
    with pytest.raises(BrandRefused) as refused:
        changed(START, {field: value})
    assert [each["field"] for each in refused.value.errors] == [field]


def test_names_of_a_sender_are_one_line() -> None:
    # A line break is white space: it becomes a space, as in every other name.
    assert changed(START, {"sender_name": "North\r\nLtd"}).sender_name == "North Ltd"


def test_differences_name_both_sides() -> None:
    after = changed(START, {"radius": 4, "brand": "#fff"})
    assert differences(START, after) == {
        "brand": {"from": "#3355d8", "to": "#ffffff"},
        "radius": {"from": 8, "to": 4},
    }


HARM = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '<a href="/" hx-get="/x" style="color:red" onclick="x()">a</a>',
    "[a](javascript:alert(1))",
    "[a](data:text/html,x)",
    "[a](<javascript:alert(1)>)",
    '[a](https://a.example "x\\" onclick=\\"y")',
    "![a](https://a.example/p.png)",
    "<svg/onload=alert(1)>",
    "[a]: javascript:alert(1)\n\n[a]",
    '<div style="position:fixed">x</div>',
]


def tags_of(html: str) -> list[str]:
    return re.findall(r"<[^>]*>", html)


@pytest.mark.parametrize("text", HARM)
def test_a_legal_text_holds_no_script_style_or_picture(text: str) -> None:
    for tag in tags_of(legal_html(text)):
        assert re.fullmatch(
            r"</?(p|br|a|ul|li|pre|code|h2)>"
            r'|<a href="(https://|mailto:|tel:)[^"]*" rel="noopener noreferrer nofollow">',
            tag,
        ), tag


@given(st.text(alphabet="<>[]()!\"'=/:# \nabjavscriptonhx-styl", max_size=80))
def test_no_attribute_but_an_address_survives(text: str) -> None:
    for tag in tags_of(legal_html(text)):
        assert not re.search(r"\s(on\w+|hx-|style|src|class|id|title)", tag), tag


def test_a_legal_text_reads_as_markdown() -> None:
    html = legal_html("# Imprint\n\n**North** at [home](https://north.example)\n\n- one")
    assert "<h2>Imprint</h2>" in html
    assert "<strong>North</strong>" in html
    assert '<a href="https://north.example" rel="noopener noreferrer nofollow">home</a>' in html
    assert "<li>one</li>" in html


@pytest.mark.parametrize(
    "address", ["\u00fc@example.org", f"{'a' * 60}@{'b' * 60}.{'c' * 60}.{'d' * 60}.{'e' * 30}.example"]
)
def test_an_address_that_mail_servers_refuse_is_refused(address: str) -> None:
    with pytest.raises(BrandRefused):
        changed(START, {"reply_to": address})
    assert changed(START, {"reply_to": " post@example.org "}).reply_to == "post@example.org"


def test_a_compact_brand_says_so_in_its_stylesheet() -> None:
    assert "--density" in theme_of(changed(START, {"density": "compact"})).css
    assert "--density" not in theme_of(START).css
