import unicodedata

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext_lazy as _


def normalise_email(value: str) -> str:
    """The one spelling of an e-mail address: lower case, without surrounding spaces, the domain as ASCII (IDNA).

    Two addresses that look alike are one address or are refused, so limits, look-ups and uniqueness agree. Raises
    ValidationError for anything else than a plain address.
    """
    text = unicodedata.normalize("NFKC", value).strip().lower()
    local, at, domain = text.rpartition("@")
    try:
        text = f"{local}{at}{domain.encode('idna').decode('ascii')}"
    except UnicodeError:
        domain = ""
    if not domain or not text.isascii():
        raise ValidationError(_("Enter an e-mail address such as name@example.org."), code="invalid")
    validate_email(text)
    return text
