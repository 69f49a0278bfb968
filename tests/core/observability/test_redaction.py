import time

import pytest

from core.observability.redaction import LONGEST, REDACTED, escape_controls, redact, redact_path, redact_text

TOKEN = "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl"


@pytest.mark.parametrize(
    "name",
    [
        "password",
        "new_password1",
        "passphrase",
        "Authorization",
        "HTTP_AUTHORIZATION",
        "cookie",
        "Set-Cookie",
        "refresh_token",
        "csrfmiddlewaretoken",
        "api_key",
        "apiKey",
        "client_secret",
        "private_key",
        "session_key",
        "sessionid",
        "recovery_codes",
        "otp",
        "credentials",
    ],
)
def test_values_under_a_secrets_name_are_gone(name):
    assert redact({name: "hunter2"}) == {name: REDACTED}
    assert redact({"outer": {name: ["hunter2"]}}) == {"outer": {name: REDACTED}}


@pytest.mark.parametrize("name", ["path", "status", "task", "request_id", "idempotency", "number", "key_generation"])
def test_other_values_stay(name):
    assert redact({name: "value"}) == {name: "value"}


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("key lvk_AbC-123_x used", f"key {REDACTED} used"),
        (f"jwt {TOKEN}.", f"jwt {REDACTED}"),
        (f"sent Bearer {TOKEN}", f"sent Bearer {REDACTED}"),
        ("Authorization: Basic dXNlcjpwYXNz", f"Authorization: Basic {REDACTED}"),
        ("stripe sk_live_4eC39HqLyjWD whsec_abc", f"stripe {REDACTED} {REDACTED}"),
        ("redis://user:pass@10.0.0.7/0", f"redis://{REDACTED}@10.0.0.7/0"),
        ("?token=abc123&page=2", f"?token={REDACTED}&page=2"),
        ('{"password": "hunter2", "a": 1}', f'{{"password": {REDACTED}", "a": 1}}'),
        ("mail to ana.silva+x@mail.example.org now", "mail to a***@mail.example.org now"),
        ("nothing to hide", "nothing to hide"),
    ],
)
def test_the_shapes_of_secrets_are_gone_from_any_text(text, left):
    assert redact_text(text) == left


@pytest.mark.parametrize(
    ("path", "logged"),
    [
        ("/account/password/reset/key/1-cf3k2a-9d1f8e7b6a5c4d3e2f1a/", f"/account/password/reset/key/{REDACTED}/"),
        ("/files/ImtleSI:1tLq:Ab-cdefgh_ijk/", f"/files/{REDACTED}/"),
        (
            "/invoices/0192f000-0000-7000-8000-000000000001/issue/",
            "/invoices/0192f000-0000-7000-8000-000000000001/issue/",
        ),
        ("/account/password-reset-from-key-done/", "/account/password-reset-from-key-done/"),
        ("/api/v1/jobs/", "/api/v1/jobs/"),
    ],
)
def test_links_that_open_something_are_not_logged(path, logged):
    assert redact_path(path) == logged


def test_a_line_cannot_be_forged():
    forged = "ok\n2026-11-20 [error] all money gone\r\x1b[2J\u2028\u202e"
    assert "\n" not in escape_controls(forged)
    assert escape_controls(forged) == r"ok\n2026-11-20 [error] all money gone\r\x1b[2J\u2028\u202e"
    assert redact({"path": forged})["path"] == escape_controls(forged)


def test_values_keep_their_kind_and_odd_ones_become_text():
    given = {
        "count": 3,
        "rate": 0.5,
        "on": True,
        "none": None,
        "raw": b"\x00secret",
        "many": ("a", {"b"}),
        "odd": ValueError("x"),
    }
    assert redact(given) == {
        "count": 3,
        "rate": 0.5,
        "on": True,
        "none": None,
        "raw": "7 bytes",
        "many": ["a", ["b"]],
        "odd": "x",
    }


def test_a_nest_has_an_end():
    nest = {}
    nest["again"] = nest
    assert "..." in str(redact(nest))


def test_long_text_is_cut():
    assert len(redact_text("x" * (LONGEST * 3))) == LONGEST + 1


@pytest.mark.parametrize(
    "text", ["a@" * 4000, "eyJa." * 1600, "token=" * 1300, "x" * 8000, "Bearer " * 1100, "://" * 2600, "passw" * 1600]
)
def test_hostile_text_does_not_stall_the_log(text):
    began = time.perf_counter()
    redact_text(text)
    assert time.perf_counter() - began < 1
