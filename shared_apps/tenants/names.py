import re

from core.errors import Unprocessable

_SLUG = re.compile(r"[a-z](?:[a-z0-9]|-(?!-)){1,38}[a-z0-9]")
RESERVED = frozenset(
    "admin account accounts api app apps assets auth autoconfig autodiscover billing blog cdn console dashboard demo"
    " dev docs files ftp help host hostmaster imap internal ldap livery localhost login mail media metrics mx news ns"
    " ns1 ns2 official ops owner pay payments platform pop postmaster prod production public register root sandbox"
    " security shop signin signup smtp ssl staff staging static status support system template tenant test tests"
    " token trust uploads vpn web webmaster wiki www".split()
)


class NameRefused(Unprocessable):
    """A subdomain that nobody may have, or that somebody has."""

    code = "name_refused"
    title = "This name cannot be used"


def require_slug(slug: str) -> str:
    """The subdomain in its one spelling; raises NameRefused for one that is no host label or is reserved."""
    slug = slug.strip().lower()
    if not _SLUG.fullmatch(slug):
        raise NameRefused(
            "Use 3 to 40 letters a-z, digits and single hyphens; begin with a letter, end with a letter or digit.",
            errors=[{"field": "slug", "code": "invalid", "message": "This cannot be a subdomain."}],
        )
    if slug in RESERVED:
        raise NameRefused(
            f"“{slug}” is reserved. Choose another name.",
            errors=[{"field": "slug", "code": "reserved", "message": "This name is reserved."}],
        )
    return slug
