import re
import unicodedata

from django.conf import settings

from core.errors import FieldError
from core.tenancy.hosts import normalise_host
from shared_apps.tenants.errors import NameRefused

_SLUG = re.compile(r"[a-z](?:[a-z0-9]|-(?!-)){1,38}[a-z0-9]")
LONGEST_NAME = 120
LONGEST_SLUG = 40
_RESERVED_WORDS = (
    "admin account accounts api app apps assets auth autoconfig autodiscover billing blog cdn console dashboard demo"
    " dev docs files ftp help host hostmaster imap internal ldap livery localhost login mail media metrics mx news ns"
    " ns1 ns2 official ops owner pay payments platform pop postmaster prod production public register root sandbox"
    " security shop signin signup smtp ssl staff staging static status support system template tenant test tests"
    " token trust uploads vpn web webmaster wiki www"
)
_RESERVED = frozenset(_RESERVED_WORDS.split())
# What is read as one another in an address bar; hyphens are overlooked. `models.skeleton_of` says the same in SQL.
LOOKALIKE_FROM, LOOKALIKE_TO = "01i-", "oll"
LOOKALIKE_PAIRS = (("rn", "m"), ("vv", "w"))
_BY_EYE = {
    ord(letter): LOOKALIKE_TO[place] if place < len(LOOKALIKE_TO) else None
    for place, letter in enumerate(LOOKALIKE_FROM)
}


def require_slug(slug: str) -> str:
    """The subdomain in its one spelling; raises NameRefused for one that is no host label or is reserved.

    What only looks like a reserved word is reserved as well.
    """
    slug = slug.strip().lower()
    if not _SLUG.fullmatch(slug):
        raise _refused("slug", "invalid", _malformation(slug))
    if slug in _RESERVED or slug_host(slug) == normalise_host(settings.PLATFORM_HOST):
        raise _refused("slug", "reserved", f"“{slug}” is reserved. Choose another name.")
    word = _RESERVED_BY_LOOK.get(slug_skeleton(slug))
    if word is not None:
        raise _refused("slug", "reserved", f"“{slug}” looks like “{word}”, which is reserved. Choose another name.")
    return slug


def slug_skeleton(slug: str) -> str:
    """What the eye takes a subdomain for: two that look alike have the same skeleton (after UTS #39, section 4)."""
    seen = slug.translate(_BY_EYE)
    for pair, single in LOOKALIKE_PAIRS:
        seen = seen.replace(pair, single)
    return seen


_RESERVED_BY_LOOK = {slug_skeleton(word): word for word in sorted(_RESERVED)}


def slug_host(slug: str) -> str | None:
    """The host on which the organisation with this subdomain answers."""
    return normalise_host(f"{slug}.{settings.TENANT_BASE_DOMAIN}")


def require_name(name: str) -> str:
    """An organisation's name without outer and double spaces; raises NameRefused for one that is empty or too long."""
    name = " ".join(name.split())
    if not 0 < len(name) <= LONGEST_NAME or any(unicodedata.category(letter).startswith("C") for letter in name):
        raise _refused("name", "invalid", f"Give a name of 1 to {LONGEST_NAME} visible characters.")
    return name


def slug_taken(slug: str) -> NameRefused:
    """The refusal of a subdomain that another organisation has."""
    return _refused("slug", "taken", f"“{slug}” is taken. Choose another name.")


def slug_like_another(slug: str) -> NameRefused:
    """The refusal of a subdomain that could be mistaken for one that exists; which one is not said."""
    return _refused("slug", "lookalike", f"“{slug}” looks too much like a name that is taken. Choose another one.")


def _malformation(slug: str) -> str:
    stranger = next((letter for letter in slug if not letter.isascii()), None)
    if stranger is not None and stranger.isalnum():
        return f"“{stranger}” is not one of the letters a-z, though it may look like one. Use a-z, digits and hyphens."
    if not re.fullmatch(r"[a-z0-9-]*", slug):
        return "Use letters a-z, digits and hyphens only: no spaces, dots or other signs."
    if not 3 <= len(slug) <= LONGEST_SLUG:
        return f"Use 3 to {LONGEST_SLUG} characters."
    if "--" in slug or slug.endswith("-"):
        return "Use single hyphens, and only between letters or digits."
    return "Begin with a letter a-z."


def _refused(field: str, code: str, message: str) -> NameRefused:
    return NameRefused(message, errors=[FieldError(field=field, code=code, message=message)])
