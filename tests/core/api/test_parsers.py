import json
import math

import pytest
from django.test import Client
from hypothesis import example, given
from hypothesis import strategies as st

from core.api.parsers import MAX_DEPTH, MalformedJson, loads

URL = "/api/v1/echo/"
NFC, NFD = "\u00e9", "e\u0301"


def nested(depth: int) -> str:
    return "[" * depth + "]" * depth


REFUSED = [
    (b'{"amount": 1, "amount": 2}', "duplicate_key"),
    (b'{"a": {"b": 1, "b": 1}}', "duplicate_key"),
    (b'{"a": 1, "\\u0061": 2}', "duplicate_key"),
    (f'{{"{NFC}": 1, "{NFD}": 2}}'.encode(), "duplicate_key"),
    (b'{"a": NaN}', "not_finite"),
    (b'{"a": Infinity}', "not_finite"),
    (b"[-Infinity]", "not_finite"),
    (b"[1e999]", "not_finite"),
    (b"[-1e999]", "not_finite"),
    (b'{"a": "x\\u0000y"}', "nul"),
    (b'{"\\u0000": 1}', "nul"),
    (b'["\\ud800"]', "lone_surrogate"),
    (b'["\\udc00\\ud800"]', "lone_surrogate"),
    (b'{"\\ud800": 1}', "lone_surrogate"),
    (nested(MAX_DEPTH + 1).encode(), "too_deep"),
    (b"[" * 100_000, "too_deep"),
    (b'{"a":' * 50_000, "too_deep"),
    (b"\xff\xfe{}", "not_utf8"),
    ('{"a": "é"}'.encode("latin-1"), "not_utf8"),
    (b'["\xed\xa0\x80"]', "not_utf8"),
    (b"\xef\xbb\xbf{}", "malformed"),
    ("[1]".encode("utf-16-le"), "malformed"),
    (b"", "malformed"),
    (b"{", "malformed"),
    (b'"' + b'\\"' * 5_000, "malformed"),
    (b"'a'", "malformed"),
    (b"[1,]", "malformed"),
    (b"[01]", "malformed"),
    (b"[+1]", "malformed"),
    (b"[.5]", "malformed"),
    (b'{"a": 1} {"a": 2}', "malformed"),
    (b'["\x01"]', "malformed"),
    (b"[" + b"9" * 33 + b"]", "number_too_long"),
    (b"[" + b"9" * 100_000 + b"]", "number_too_long"),
]


@pytest.mark.parametrize(("body", "reason"), REFUSED, ids=range(len(REFUSED)))
def test_json_that_parsers_read_differently_is_refused(api: Client, body: bytes, reason: str):
    response = api.post(URL, body, content_type="application/json")
    problem = json.loads(response.content)
    if not body:
        assert response.status_code == 200
        return
    assert (response.status_code, problem["type"]) == (400, "/problems/malformed_json")
    assert problem["errors"] == [{"field": "", "code": reason, "message": problem["detail"]}]


def test_a_refused_body_reaches_no_handler(api: Client):
    from tests.core.api.shelf import EchoView

    api.post(URL, b'{"a": 1, "a": 2}', content_type="application/json")
    assert EchoView.calls == []


@pytest.mark.parametrize(
    "text",
    [nested(MAX_DEPTH), '{"a": "[[[["}', '["\\"[", "]"]', '["\\ud83d\\ude00"]', "[1e308, -0.5, 12345678901234567890]"],
)
def test_what_only_looks_dangerous_is_read(text: str):
    assert loads(text.encode()) == json.loads(text)


def test_brackets_inside_strings_are_no_depth():
    assert loads(json.dumps(["[" * 1000, '"' + "{" * 1000]).encode()) == ["[" * 1000, '"' + "{" * 1000]


def test_names_and_text_are_normalised():
    assert loads(json.dumps({NFD: [NFD, {"a": NFD}]}).encode()) == {NFC: [NFC, {"a": NFC}]}


@given(st.binary(max_size=200))
@example(b'["\\')
@example(b'{"a": "\\u00')
def test_any_bytes_are_read_or_refused_by_name(body: bytes):
    try:
        value = loads(body)
    except MalformedJson as refusal:
        assert str(refusal)
    else:
        assert value == value or math.isnan(value)


finite = st.floats(allow_nan=False, allow_infinity=False)
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
documents = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**30), 10**30) | finite | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("abcdef", max_size=6), inner, max_size=4),
    max_leaves=20,
)


@given(documents, st.booleans())
def test_every_ordinary_document_is_read_as_it_was_written(document, ascii_only):
    import unicodedata

    def normal(value):
        if isinstance(value, str):
            return unicodedata.normalize("NFC", value)
        if isinstance(value, list):
            return [normal(item) for item in value]
        return {name: normal(item) for name, item in value.items()} if isinstance(value, dict) else value

    assert loads(json.dumps(document, ensure_ascii=ascii_only).encode()) == normal(document)


def test_a_body_over_the_limit_is_too_large(api: Client, settings):
    settings.API_MAX_JSON_BYTES = 20
    assert api.post(URL, b'{"a": "' + b"x" * 11 + b'"}', content_type="application/json").status_code == 200
    response = api.post(URL, b'{"a": "' + b"x" * 12 + b'"}', content_type="application/json")
    assert (response.status_code, response.json()["type"]) == (413, "/problems/too_large")


def test_djangos_own_limit_is_too_large_as_well(api: Client, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 10
    response = api.post(URL, b'{"a": "xxxxxxxx"}', content_type="application/json")
    assert (response.status_code, response.json()["type"]) == (413, "/problems/too_large")


@pytest.mark.parametrize(
    "media_type",
    [
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/xml",
        "application/merge-patch+json",
        "json",
        "application/json; charset=latin-1",
        "application/json; charset=utf-16",
        "x" * 300,
        "",
    ],
)
@pytest.mark.parametrize("method", ["post", "put"])
def test_other_media_types_are_refused(api: Client, media_type: str, method: str):
    headers = {"X-Actor": "user:ada:shelf.view"}
    response = api.generic(method.upper(), URL, b'{"a": 1}', content_type=media_type, headers=headers)
    assert (response.status_code, response.json()["type"]) == (415, "/problems/unsupported_media_type")


@pytest.mark.parametrize("media_type", ["application/json", "application/json; charset=UTF-8", "APPLICATION/JSON"])
def test_json_in_utf8_is_taken(api: Client, media_type: str):
    assert api.post(URL, b'{"a": 1}', content_type=media_type).json()["sent"] == {"a": 1}


def test_a_view_that_takes_no_forms_refuses_them(api: Client, monkeypatch):
    from core.api.parsers import StrictJSONParser
    from tests.core.api.shelf import EchoView

    monkeypatch.setattr(EchoView, "parser_classes", (StrictJSONParser,))
    assert api.post(URL, {"a": "1"}).status_code == 415


def test_a_form_is_held_to_the_rules_of_json(api: Client):
    assert api.post(URL, {"name": [NFD, "b"]}).json()["sent"] == {"name": "b"}
    response = api.post(URL, {"name": "a\0b"})
    assert (response.status_code, response.json()["errors"][0]["code"]) == (400, "nul")


def test_a_broken_form_is_malformed(api: Client):
    response = api.post(URL, b"--x\r\nbroken", content_type="multipart/form-data; boundary=")
    assert (response.status_code, response.json()["type"]) == (400, "/problems/malformed")


@pytest.mark.parametrize(
    ("body", "media_type", "status"),
    [
        (b"{", "application/json", 400),
        (b'{"a": 1, "a": 2}', "application/json", 400),
        (b"a=1", "application/x-www-form-urlencoded", 415),
        (b"x", "text/plain", 415),
        (b"{}", "application/json", 204),
        (b"", "application/json", 204),
    ],
)
def test_a_body_that_nobody_reads_is_checked_all_the_same(api: Client, body: bytes, media_type: str, status: int):
    headers = {"X-Actor": "user:ada:"}
    response = api.generic("DELETE", "/api/v1/notes/word/", body, content_type=media_type, headers=headers)
    assert response.status_code == status
