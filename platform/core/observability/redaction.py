import re
from collections.abc import Mapping
from typing import Any

REDACTED = "[redacted]"
LONGEST = 8_000
DEEPEST = 4

_secret_name = re.compile(
    r"authori[sz]ation|cookie|passw|passphrase|secret|token|api_?-?key|private_?-?key|credential|csrf|session_?(id|key)"
    r"|recovery_?code|otp",
    re.IGNORECASE,
)
# Each pattern is linear: no nested repetition, so a hostile line cannot stall the log.
_secret_shapes = [
    (re.compile(r"\blvk_[A-Za-z0-9_-]+"), REDACTED),
    (re.compile(r"\b(?:sk|rk|pk)_(?:live|test)_[A-Za-z0-9]+|\bwhsec_[A-Za-z0-9+/=_-]+"), REDACTED),
    (re.compile(r"\beyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]*)*"), REDACTED),
    (re.compile(r"\b(Bearer|Basic|Token)\s+[A-Za-z0-9._~+/=-]{6,}", re.IGNORECASE), rf"\1 {REDACTED}"),
    (re.compile(r"(://)[^/\s@]+@"), rf"\1{REDACTED}@"),
    (
        re.compile(
            r"(\b[\w-]*(?:passw(?:or)?d|secret|token|api_?key|sessionid|csrf\w*)[\"']?\s*[=:]\s*)[\"']?[^\s\"'&,;)}]+",
            re.IGNORECASE,
        ),
        rf"\1{REDACTED}",
    ),
    (re.compile(r"([A-Za-z0-9])[A-Za-z0-9._%+-]{0,63}@([A-Za-z0-9.-]{1,253}\.[A-Za-z]{2,24})\b"), r"\1***@\2"),
]
# None of the shapes can occur in a text without one of these, and most texts have none: one cheap search spares seven.
_trigger = re.compile(r"@|://|lvk_|_live_|_test_|whsec_|eyj|bearer|basic|token|passw|secret|api|sessionid|csrf")
# Line breaks, terminal codes, and the marks that turn the direction of text.
_control = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")
_uuid = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
# Reset, invitation and file links carry their secret in the path; words of a path have no digits or capitals.
_path_secret = re.compile(r"(?=[^/]*[0-9A-Z])[^/]{20,}")


def redact_text(text: str) -> str:
    """Text without the shapes of secrets; e-mail addresses keep their first letter and domain."""
    if len(text) > LONGEST:
        text = f"{text[:LONGEST]}…"
    if _trigger.search(text.lower()):
        for shape, replacement in _secret_shapes:
            text = shape.sub(replacement, text)
    return text


def redact_path(path: str) -> str:
    """A URL's path in which each long segment that is neither a word nor a uuid is left out: it may open something."""
    return _path_secret.sub(lambda found: found.group() if _uuid.fullmatch(found.group()) else REDACTED, path)


def escape_controls(text: str) -> str:
    """Text in which line breaks and terminal codes are written out, so that a value cannot forge a log line."""
    return _control.sub(lambda found: repr(found.group())[1:-1], text)


def redact(value: Any, *, name: str = "", depth: int = 0) -> Any:
    """A copy of a logged value without secrets: by the name that it stands under, and by its shape."""
    if name and _secret_name.search(name):
        return REDACTED
    if value is None or isinstance(value, bool | int | float):
        return value
    if depth >= DEEPEST:
        return escape_controls(redact_text(str(value)))
    if isinstance(value, Mapping):
        return {str(key): redact(item, name=str(key), depth=depth + 1) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [redact(item, depth=depth + 1) for item in value]
    if isinstance(value, bytes):
        return f"{len(value)} bytes"
    return escape_controls(redact_text(str(value)))
