import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.tenancy.hosts import normalise_host

LETTERS = string.ascii_lowercase + string.digits
LABELS = st.builds(
    lambda first, rest: first + rest, st.sampled_from(LETTERS), st.text(LETTERS, min_size=0, max_size=10)
)
NAMES = st.lists(LABELS, min_size=1, max_size=4).map(".".join).filter(lambda name: not name.startswith("www."))


@pytest.mark.parametrize(
    ("spelt", "name"),
    [
        ("kiln.example", "kiln.example"),
        ("KILN.Example", "kiln.example"),
        ("kiln.example.", "kiln.example"),
        ("kiln.example:8000", "kiln.example"),
        ("kiln.example.:8000", "kiln.example"),
        ("kiln.example:", "kiln.example"),
        (" kiln.example\t", "kiln.example"),
        ("www.kiln.example", "kiln.example"),
        ("www.www.kiln.example", "kiln.example"),
        ("WWW.Kiln.example.:1", "kiln.example"),
        ("wwwx.kiln.example", "wwwx.kiln.example"),
        ("www", "www"),
        ("münchen.example", "xn--mnchen-3ya.example"),
        ("MÜNCHEN.example", "xn--mnchen-3ya.example"),
        ("mu\u0308nchen.example", "xn--mnchen-3ya.example"),
        ("XN--Mnchen-3ya.example", "xn--mnchen-3ya.example"),
        ("straße.example", "strasse.example"),
        ("kiln\u3002example", "kiln.example"),
        ("kiln.example\uff0e", "kiln.example"),
        ("\uff4b\uff49\uff4c\uff4e.example", "kiln.example"),
        ("localhost", "localhost"),
        ("127.0.0.1", "127.0.0.1"),
        ("127.0.0.1:8000", "127.0.0.1"),
        ("[::1]", "[::1]"),
        ("[2001:DB8::1]:8000", "[2001:db8::1]"),
    ],
)
def test_a_host_has_one_spelling(spelt: str, name: str):
    assert normalise_host(spelt) == name


@pytest.mark.parametrize(
    "garbage",
    [
        "",
        ".",
        "..",
        "a..b",
        ".example",
        "-a.example",
        "a-.example",
        "a_b.example",
        "a b.example",
        "a/b",
        "a\\b",
        "a@b.example",
        "a,b.example",
        "a%2eb",
        "a.example\x00",
        "a.example\r\nHost: b",
        "a.example:b",
        "a.example:-1",
        "a.example:123456",
        "a.example:80:80",
        "[::1",
        "::1",
        "[::1]a.example",
        "[a.example]",
        "[]",
        "a" * 64 + ".example",
        ".".join(["a" * 60] * 5),
        "ü" * 64 + ".example",
        "ü" * 100_000,
        "\ud800.example",
        "\u0660\u0661.example:\u0660",
        "xn--\u00fc.example",
        "<script>.example",
        "*.example",
    ],
)
def test_what_is_no_host_name_is_refused(garbage: str):
    assert normalise_host(garbage) is None


@given(NAMES, st.booleans(), st.booleans(), st.integers(0, 2), st.none() | st.integers(0, 65535))
def test_case_dot_www_and_port_make_no_difference(name: str, upper: bool, dot: bool, www: int, port: int | None):
    spelt = "www." * www + name + "." * dot + ("" if port is None else f":{port}")
    assert normalise_host(spelt.upper() if upper else spelt) == name


@given(st.text(max_size=80) | st.text(st.sampled_from("aw.:[]-üß\u3002\u212a\u0130 1"), max_size=40))
def test_the_spelling_is_plain_and_its_own(value: str):
    name = normalise_host(value)
    if name is not None:
        assert name.isascii() and name == name.lower()
        assert not set(name) & set("/@%_ ,\\\x00\r\n")
        assert normalise_host(name) == name
        assert normalise_host(f"{name}:443") == name
