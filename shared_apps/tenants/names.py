import re
import unicodedata

from django.conf import settings

from core.errors import FieldError, Unprocessable
from core.tenancy.hosts import normalise_host

_SLUG = re.compile(r"[a-z](?:[a-z0-9]|-(?!-)){1,38}[a-z0-9]")
LONGEST_NAME = 120
_RESERVED = (
    "admin account accounts api app apps assets auth autoconfig autodiscover billing blog cdn console dashboard demo"
    " dev docs files ftp help host hostmaster imap internal ldap livery localhost login mail media metrics mx news ns"
    " ns1 ns2 official ops owner pay payments platform pop postmaster prod production public register root sandbox"
    " security shop signin signup smtp ssl staff staging static status support system template tenant test tests"
    " token trust uploads vpn web webmaster wiki www"
)


class NameRefused(Unprocessable):
    """A subdomain that nobody may have, or that somebody has, or a name that is none."""

    code = "name_refused"
    title = "This name cannot be used"


def require_slug(slug: str) -> str:
    """The subdomain in its one spelling; raises NameRefused for one that is no host label or is reserved."""
    slug = slug.strip().lower()
    if not _SLUG.fullmatch(slug):
        raise _refused(
            "slug",
            "invalid",
            "Use 3 to 40 letters a-z, digits and single hyphens; begin with a letter, end with a letter or digit.",
        )
    if slug in _RESERVED.split() or slug_host(slug) == normalise_host(settings.PLATFORM_HOST):
        raise _refused("slug", "reserved", f"“{slug}” is reserved. Choose another name.")
    return slug


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


def _refused(field: str, code: str, message: str) -> NameRefused:
    return NameRefused(message, errors=[FieldError(field=field, code=code, message=message)])
