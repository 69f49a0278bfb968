"""Secrets in the database: sealed so that a row is of use only in its own schema, in its own field, with our key."""

import base64
import binascii
import os
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from core.tenancy import require_scope

KEY_BYTES = 32
_NONCE_BYTES = 12
_VERSION = "v1"
_DEVELOPMENT = "development"


class SecretUnreadable(RuntimeError):
    """A sealed value was altered, was sealed elsewhere, or its key is no longer in ENCRYPTION_KEYS."""


def seal(value: str, *, field: str) -> str:
    """Encrypt a text for one field of the current schema, with the first of ENCRYPTION_KEYS.

    AES-256-GCM (NIST SP 800-38D) under a data key of this tenant or the platform; the field's name is authenticated
    with it, so a sealed value that is copied into another tenant or field does not open there.
    """
    key_id = next(iter(_keys()))
    nonce = os.urandom(_NONCE_BYTES)
    box = nonce + _cipher(key_id).encrypt(nonce, value.encode(), _purpose(field))
    return f"{_VERSION}.{key_id}.{base64.urlsafe_b64encode(box).decode()}"


def unseal(sealed: str, *, field: str) -> str:
    """Decrypt what `seal` made for the same field and schema, with whichever key it names; raises SecretUnreadable."""
    version, _, rest = sealed.partition(".")
    key_id, _, text = rest.partition(".")
    if version != _VERSION or key_id not in _keys():
        raise SecretUnreadable("The value was sealed with a key that is not in ENCRYPTION_KEYS.")
    try:
        box = base64.b64decode(text, altchars=b"-_", validate=True)
        return _cipher(key_id).decrypt(box[:_NONCE_BYTES], box[_NONCE_BYTES:], _purpose(field)).decode()
    except (binascii.Error, InvalidTag, ValueError) as error:
        raise SecretUnreadable("The value was altered, or was sealed for another schema or field.") from error


def is_outdated(sealed: str) -> bool:
    """Whether a value should be sealed again because the first key has changed since."""
    return not sealed.startswith(f"{_VERSION}.{next(iter(_keys()))}.")


def require_usable_keys() -> None:
    """Raise ImproperlyConfigured unless each of ENCRYPTION_KEYS can be used; for the checks at start-up."""
    _keys()


def derived_key(secret: str | bytes, *, purpose: str) -> bytes:
    """A key of 32 bytes for one purpose, from a longer-lived secret (HKDF-SHA256, RFC 5869)."""
    material = secret.encode() if isinstance(secret, str) else secret
    return _derive(material, purpose)


def _keys() -> dict[str, bytes]:
    if not settings.ENCRYPTION_KEYS:
        return {_DEVELOPMENT: derived_key(settings.SECRET_KEY, purpose="livery.secrets.development")}
    return {key_id: _decoded(key_id, text) for key_id, text in settings.ENCRYPTION_KEYS.items()}


@lru_cache(maxsize=64)
def _decoded(key_id: str, text: str) -> bytes:
    try:
        key = base64.b64decode(text, validate=True)
    except binascii.Error:
        key = b""
    if len(key) != KEY_BYTES or not key_id.isalnum():
        raise ImproperlyConfigured(
            f"ENCRYPTION_KEYS: give {key_id!r} an id of letters and digits and {KEY_BYTES} random bytes in base64."
        )
    return key


@lru_cache(maxsize=1024)
def _derive(material: bytes, purpose: str) -> bytes:
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=purpose.encode()).derive(material)


def _cipher(key_id: str) -> AESGCM:
    return AESGCM(derived_key(_keys()[key_id], purpose=f"livery.secrets:{_owner()}"))


def _purpose(field: str) -> bytes:
    return f"{_VERSION}:{_owner()}:{field}".encode()


def _owner() -> str:
    # Without the epoch: what a tenant keeps must still open after it was moved or restored.
    tenant = require_scope().tenant
    return str(tenant.uuid) if tenant else "platform"
