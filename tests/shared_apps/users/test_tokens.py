import base64
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import jwt
import pytest
import time_machine

from core.ids import uuid7
from core.secrets import derived_key
from core.tenancy import TenantRef, platform_context, tenant_context
from shared_apps.users import tokens
from shared_apps.users.tokens import ACCESS_LIFETIME, TokenInvalid

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
USER, FAMILY = UUID("01920000-0000-7000-8000-000000000001"), UUID("01920000-0000-7000-8000-000000000002")


def issued(use: tokens.Use = "at+jwt", lifetime: timedelta = ACCESS_LIFETIME) -> str:
    return tokens.issue(use=use, user=USER, family=FAMILY, version=3, lifetime=lifetime)[0]


def key_of(tenant: TenantRef, settings: Any) -> bytes:
    return derived_key(settings.SECRET_KEY, purpose=f"livery.jwt:{tenant.uuid}.{tenant.key_generation}")


@pytest.fixture
def forge(inside: TenantRef, settings: Any) -> Callable[..., str]:
    """A token that is signed with the right key, and differs from a good one as asked."""

    def make(header: dict[str, Any] | None = None, key: bytes | None = None, **claims: Any) -> str:
        good = jwt.decode(issued(), options={"verify_signature": False})
        payload = {name: value for name, value in {**good, **claims}.items() if value is not None}
        headers = {"typ": "at+jwt", "kid": f"{inside.uuid}.{inside.key_generation}", **(header or {})}
        return jwt.encode(payload, key or key_of(inside, settings), algorithm="HS256", headers=headers)

    return make


def test_a_token_says_who_signed_in(inside: TenantRef) -> None:
    with time_machine.travel(NOON, tick=False):
        text, claims = tokens.issue(use="at+jwt", user=USER, family=FAMILY, version=3, lifetime=ACCESS_LIFETIME)
        read = tokens.read(text, use="at+jwt")
    assert read == claims
    assert (read.user, read.family, read.version) == (USER, FAMILY, 3)
    assert read.expires_at == NOON + timedelta(minutes=5)
    assert jwt.get_unverified_header(text) == {"alg": "HS256", "typ": "at+jwt", "kid": f"{inside.uuid}.1"}
    assert jwt.decode(text, options={"verify_signature": False})["aud"] == str(inside.uuid)


def test_it_ends_after_five_minutes(inside: TenantRef) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        text = issued()
        clock.shift(299)
        tokens.read(text, use="at+jwt")
        clock.shift(1)
        with pytest.raises(TokenInvalid):
            tokens.read(text, use="at+jwt")


def test_a_clock_that_is_seconds_behind_still_takes_it_and_one_that_is_minutes_behind_does_not(
    inside: TenantRef,
) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        text = issued()
        clock.shift(-5)
        tokens.read(text, use="at+jwt")
        clock.shift(-60)
        with pytest.raises(TokenInvalid):
            tokens.read(text, use="at+jwt")


def test_each_use_has_its_own_tokens(inside: TenantRef) -> None:
    with pytest.raises(TokenInvalid):
        tokens.read(issued("rt+jwt"), use="at+jwt")
    with pytest.raises(TokenInvalid):
        tokens.read(issued("at+jwt"), use="rt+jwt")


def test_a_token_of_one_tenant_means_nothing_elsewhere(tenant: TenantRef, other_tenant: TenantRef) -> None:
    with tenant_context(tenant):
        text = issued()
    with tenant_context(other_tenant), pytest.raises(TokenInvalid):
        tokens.read(text, use="at+jwt")
    with platform_context():
        with pytest.raises(TokenInvalid):
            tokens.read(text, use="at+jwt")
        own = issued()
        assert tokens.read(own, use="at+jwt").user == USER
    with tenant_context(tenant), pytest.raises(TokenInvalid):
        tokens.read(own, use="at+jwt")


def test_another_epoch_or_key_generation_of_the_tenant_ends_its_tokens(tenant: TenantRef) -> None:
    with tenant_context(tenant):
        text = issued()
    for later in (replace(tenant, epoch=tenant.epoch + 1), replace(tenant, key_generation=2)):
        with tenant_context(later), pytest.raises(TokenInvalid):
            tokens.read(text, use="at+jwt")


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": "platform"},
        {"aud": ["platform"]},
        {"aud": None},
        {"iss": "http://elsewhere.example"},
        {"iss": None},
        {"sub": "me"},
        {"sub": None},
        {"fam": "none"},
        {"fam": 7},
        {"fam": None},
        {"jti": None},
        {"ver": "3"},
        {"ver": True},
        {"ver": None},
        {"epoch": 99},
        {"epoch": "1"},
        {"epoch": None},
        {"exp": None},
        {"exp": 1},
        {"nbf": None},
        {"nbf": 4102444800},
        {"iat": None},
        {"iat": 4102444800},
        {"iat": 1.5},
    ],
    ids=str,
)
def test_every_claim_counts_though_the_signature_is_right(forge: Callable[..., str], claims: dict[str, Any]) -> None:
    assert tokens.read(forge(), use="at+jwt")
    with pytest.raises(TokenInvalid):
        tokens.read(forge(**claims), use="at+jwt")


@pytest.mark.parametrize(
    "header",
    [
        {"typ": "JWT"},
        {"typ": "rt+jwt"},
        {"kid": "platform.1"},
        {"kid": "01900000-0000-7000-8000-000000000000.1"},
        {"jku": "https://evil.example/keys"},
        {"x5u": "https://evil.example/key"},
        {"jwk": {"kty": "oct", "k": "AA"}},
        {"crit": ["exp"]},
    ],
    ids=str,
)
def test_the_header_is_exactly_ours(forge: Callable[..., str], header: dict[str, Any]) -> None:
    with pytest.raises(TokenInvalid):
        tokens.read(forge(header), use="at+jwt")


def test_only_our_key_and_our_algorithm_sign(forge: Callable[..., str], inside: TenantRef, settings: Any) -> None:
    with pytest.raises(TokenInvalid):
        tokens.read(forge(key=b"x" * 32), use="at+jwt")
    payload = jwt.decode(issued(), options={"verify_signature": False})
    headers = {"typ": "at+jwt", "kid": f"{inside.uuid}.1"}
    for algorithm, key in (("none", None), ("HS512", key_of(inside, settings) * 2)):
        with pytest.raises(TokenInvalid):
            tokens.read(jwt.encode(payload, key, algorithm=algorithm, headers=headers), use="at+jwt")


def test_a_changed_payload_breaks_the_signature(inside: TenantRef) -> None:
    head, payload, signature = issued().split(".")
    claims = json.loads(base64.urlsafe_b64decode(payload + "=="))
    claims["sub"] = str(uuid7())
    changed = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    with pytest.raises(TokenInvalid):
        tokens.read(f"{head}.{changed}.{signature}", use="at+jwt")


@pytest.mark.parametrize("text", ["", "x", "a.b.c", "..", "é.é.é", "e30.e30.", "x" * 5000])
def test_what_is_no_token_is_refused(inside: TenantRef, text: str) -> None:
    with pytest.raises(TokenInvalid):
        tokens.read(text, use="at+jwt")


def test_a_former_secret_still_verifies_and_no_longer_signs(inside: TenantRef, settings: Any) -> None:
    before = issued()
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "a-new-secret-that-is-long-enough-to-be-one-of-ours"
    assert tokens.read(before, use="at+jwt").user == USER
    after = issued()
    settings.SECRET_KEY_FALLBACKS = []
    assert tokens.read(after, use="at+jwt").user == USER
    with pytest.raises(TokenInvalid):
        tokens.read(before, use="at+jwt")
