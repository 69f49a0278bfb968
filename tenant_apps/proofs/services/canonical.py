import json
from hashlib import sha256
from typing import Any

# What stands before salt and fact, so that a later scheme cannot be taken for this one.
_SCHEME = b"\x01"
_EXACT = 2**53


def canonical(value: Any) -> bytes:
    """The one spelling of a JSON value (RFC 8785): names sorted by UTF-16, no spaces, UTF-8.

    Facts hold amounts as text, so only whole numbers are written, up to 2^53. Raises TypeError, ValueError.
    """
    return _written(value).encode()


def commitment(salt: bytes, fact: bytes) -> bytes:
    """SHA-256 of the scheme, a random salt of 16 bytes and a fact in canonical form."""
    return sha256(_SCHEME + salt + fact).digest()


def _written(value: Any) -> str:
    if value is None or isinstance(value, bool | str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, int):
        if abs(value) >= _EXACT:
            raise ValueError("Write a number of this size as text.")
        return str(value)
    if isinstance(value, list | tuple):
        return f"[{','.join(map(_written, value))}]"
    if isinstance(value, dict):
        names = sorted(value, key=lambda name: name.encode("utf-16-be"))
        return f"{{{','.join(f'{_written(name)}:{_written(value[name])}' for name in names)}}}"
    raise TypeError(f"{type(value).__name__} has no canonical form.")
