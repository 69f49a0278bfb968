"""What proves that somebody reads a mailbox, and that they are who began a sign-up. Only hashes are kept."""

import hashlib
from secrets import randbelow, token_urlsafe
from uuid import UUID

from django.utils.crypto import salted_hmac

DIGITS = 6


def new_code() -> str:
    """Six random digits for a mail."""
    return f"{randbelow(10**DIGITS):0{DIGITS}d}"


def code_hash(sign_up_id: UUID, code: str) -> str:
    """What is kept of a code: there are only a million, so it takes the server's key to try them."""
    return salted_hmac("livery.signup.code", f"{sign_up_id}:{code}", algorithm="sha256").hexdigest()


def new_secret() -> str:
    """256 random bits for the session or the program that began a sign-up."""
    return token_urlsafe(32)


def secret_hash(secret: str) -> str:
    """What is kept of a secret that is random and long."""
    return hashlib.sha256(secret.encode()).hexdigest()
