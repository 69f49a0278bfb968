"""Access and refresh tokens of REST as text: signed for one tenant, one epoch and one use. Nothing here asks a row."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from secrets import token_urlsafe
from typing import Any, Literal
from uuid import UUID

import jwt
from django.conf import settings

from core.clock import now
from core.errors import LiveryError
from core.secrets import derived_key
from core.tenancy import require_scope

ACCESS_LIFETIME = timedelta(minutes=5)
REFRESH_LIFETIME = timedelta(days=14)
FAMILY_LIFETIME = timedelta(days=90)
ALGORITHM = "HS256"
PLATFORM = "platform"
# The platform has no generation in a registry; raise it to end all of the platform's tokens at once.
PLATFORM_GENERATION = 1
Use = Literal["at+jwt", "rt+jwt"]
# How far the clocks of two of our servers may be apart.
_SKEW = timedelta(seconds=10)
_HEADERS = {"alg", "kid", "typ"}
_LONGEST = 2_000


class TokenInvalid(LiveryError):
    """A token is malformed, forged, expired, of another use or of another tenant: which of these is not said."""

    status = 401
    code = "authentication_failed"
    title = "The credentials are not valid"
    message = "Sign in again."


@dataclass(frozen=True, slots=True)
class Claims:
    """What a token says once its signature, tenant, epoch, use and time have been checked."""

    user: UUID
    family: UUID
    version: int
    jti: str
    expires_at: datetime


def issue(*, use: Use, user: UUID, family: UUID, version: int, lifetime: timedelta) -> tuple[str, Claims]:
    """A signed token of the current tenant or platform for one use (RFC 9068 names the header), and its claims."""
    issued_at = now().replace(microsecond=0)
    claims = Claims(user, family, version, token_urlsafe(24), issued_at + lifetime)
    scope = require_scope()
    payload = {
        "iss": _issuer(),
        "aud": _audience(),
        "sub": str(user),
        "jti": claims.jti,
        "iat": int(issued_at.timestamp()),
        "nbf": int((issued_at - _SKEW).timestamp()),
        "exp": int(claims.expires_at.timestamp()),
        "epoch": scope.tenant.epoch if scope.tenant else 0,
        "ver": version,
        "fam": str(family),
    }
    key = next(_keys())
    return jwt.encode(payload, key, algorithm=ALGORITHM, headers={"typ": use, "kid": _key_id()}), claims


def read(token: str, *, use: Use) -> Claims:
    """The claims of a token that is good here, now and for this use; raises TokenInvalid for every other."""
    if len(token) > _LONGEST:
        raise TokenInvalid
    try:
        header = jwt.get_unverified_header(token)
    except jwt.PyJWTError as error:
        raise TokenInvalid from error
    # The key is never chosen by the token: it names the only key that it may be signed with, or it is refused.
    if set(header) != _HEADERS or (header["alg"], header["typ"], header["kid"]) != (ALGORITHM, use, _key_id()):
        raise TokenInvalid
    return _claims(_verified(token))


def _verified(token: str) -> dict[str, Any]:
    for key in _keys():
        try:
            payload: dict[str, Any] = jwt.decode(
                token,
                key,
                algorithms=[ALGORITHM],
                audience=_audience(),
                issuer=_issuer(),
                options={
                    "require": ["iss", "aud", "sub", "jti", "iat", "nbf", "exp", "epoch", "ver", "fam"],
                    "strict_aud": True,
                    # Checked below with an allowance for the clocks of our own servers.
                    "verify_iat": False,
                },
            )
        except jwt.InvalidSignatureError:
            continue
        except jwt.PyJWTError as error:
            raise TokenInvalid from error
        return payload
    raise TokenInvalid


def _claims(payload: dict[str, Any]) -> Claims:
    tenant = require_scope().tenant
    numbers = [payload[name] for name in ("iat", "exp", "epoch", "ver")]
    if not all(type(value) is int for value in numbers):
        raise TokenInvalid
    issued_at, expires_at, epoch, version = numbers
    if epoch != (tenant.epoch if tenant else 0) or issued_at > (now() + _SKEW).timestamp():
        raise TokenInvalid
    try:
        user, family = UUID(payload["sub"]), UUID(payload["fam"])
    except (AttributeError, TypeError, ValueError) as error:
        raise TokenInvalid from error
    return Claims(user, family, version, payload["jti"], datetime.fromtimestamp(expires_at, UTC))


def _issuer() -> str:
    return f"{settings.PUBLIC_SCHEME}://{settings.PLATFORM_HOST}"


def _audience() -> str:
    tenant = require_scope().tenant
    return str(tenant.uuid) if tenant else PLATFORM


def _key_id() -> str:
    tenant = require_scope().tenant
    return f"{_audience()}.{tenant.key_generation if tenant else PLATFORM_GENERATION}"


def _keys() -> Iterator[bytes]:
    """The key to sign with, then those of former SECRET_KEYs, which only verify."""
    for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS):
        yield derived_key(secret, purpose=f"livery.jwt:{_key_id()}")
