import hashlib
import re
from dataclasses import dataclass
from secrets import choice, token_urlsafe

API_KEY_PREFIX = "lvk_"
_alphabet = "abcdefghijkmnpqrstuvwxyz23456789"
_api_key = re.compile(r"lvk_([a-z0-9]{12})_([A-Za-z0-9_-]{43})").fullmatch


@dataclass(frozen=True, slots=True)
class ApiKeyText:
    """The two parts of a key as its owner holds it: the one to find it by, and the one that proves it."""

    public_id: str
    secret: str

    def __str__(self) -> str:
        return f"{API_KEY_PREFIX}{self.public_id}_{self.secret}"


def new_api_key() -> ApiKeyText:
    """A new key with 256 random bits of secret."""
    return ApiKeyText("".join(choice(_alphabet) for _ in range(12)), token_urlsafe(32))


def parse_api_key(text: str) -> ApiKeyText | None:
    """The parts of a key, None for anything that is none."""
    found = _api_key(text)
    return ApiKeyText(found[1], found[2]) if found else None


def new_link_token() -> str:
    """256 random bits for a link that a mail carries."""
    return token_urlsafe(32)


def secret_hash(secret: str) -> str:
    """SHA-256 in hexadecimal: what is kept of a secret that is random and long, so that it needs no slow hash."""
    return hashlib.sha256(secret.encode()).hexdigest()
