"""The organisation's details, each of them valid, and how what somebody typed becomes them."""

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _

from core.currencies import CURRENCIES
from core.errors import FieldError
from shared_apps.organisation.addresses import address_errors, is_country
from shared_apps.organisation.errors import OrganisationRefused
from shared_apps.organisation.tax_ids import tax_id

# The most days that a month has in every year.
DAYS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_PHONE = re.compile(r"\+?[0-9][0-9 ()./-]{4,38}")


@dataclass(frozen=True, slots=True)
class Details:
    """What an organisation says of itself; an empty text stands for "not said"."""

    legal_name: str = ""
    registration_number: str = ""
    tax_id: str = ""
    street: str = ""
    district: str = ""
    city: str = ""
    region: str = ""
    postal_code: str = ""
    country: str = ""
    email: str = ""
    phone: str = ""
    currency: str = "EUR"
    fiscal_year_month: int = 1
    fiscal_year_day: int = 1
    week_start: int = 1

    def stored(self) -> dict[str, Any]:
        """As the row and the cache hold them."""
        return asdict(self)


FIELDS = tuple(field.name for field in fields(Details))


def currency_codes() -> list[str]:
    """What books can be kept in: the currencies of ISO 4217."""
    return sorted(code for code, currency in CURRENCIES.items() if currency.kind == "iso")


def changed(details: Details, changes: Mapping[str, Any]) -> Details:
    """The details with some of them changed; raises OrganisationRefused, which names every field that is not valid."""
    cleaned, errors = {}, []
    for name, value in changes.items():
        try:
            cleaned[name] = _CLEANERS[name](value)
        except ValidationError as error:
            errors.append(_error(name, error))
    after = replace(details, **cleaned)
    if not errors:
        after, errors = _fitting(after)
    if errors:
        raise OrganisationRefused(errors[0]["message"] if len(errors) == 1 else "", errors=errors)
    return after


def _fitting(details: Details) -> tuple[Details, list[FieldError]]:
    """The details with the tax id as its country writes it, and what does not fit together."""
    errors = address_errors(details.stored())
    most = DAYS[details.fiscal_year_month - 1]
    if details.fiscal_year_day > most:
        message = _("Choose a day that this month has in every year: 1 to %(most)s.") % {"most": most}
        errors.append(FieldError(field="fiscal_year_day", code="no_such_day", message=message))
    try:
        details = replace(details, tax_id=tax_id(details.tax_id, details.country))
    except ValidationError as error:
        errors.append(_error("tax_id", error))
    return details, errors


def _error(name: str, error: ValidationError) -> FieldError:
    return FieldError(field=name, code=error.code or "invalid", message=" ".join(error.messages))


def _line(longest: int) -> Callable[[Any], str]:
    def clean(value: Any) -> str:
        return _visible(" ".join(_text(value).split()), longest)

    return clean


def _street(value: Any) -> str:
    lines = [" ".join(line.split()) for line in _text(value).splitlines()]
    return "\n".join(_visible(line, 100) for line in lines[:3] if line)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValidationError(_("Give a text."), "invalid")
    return unicodedata.normalize("NFC", value)


def _visible(text: str, longest: int) -> str:
    if len(text) > longest or any(unicodedata.category(letter).startswith("C") for letter in text):
        raise ValidationError(_("Give at most %(most)s visible characters.") % {"most": longest}, "invalid")
    return text


def _country(value: Any) -> str:
    code = _text(value).strip().upper()
    if code and not is_country(code):
        raise ValidationError(_("Choose a country by its code, such as DE or US."), "unknown_country")
    return code


def _currency(value: Any) -> str:
    code = _text(value).strip().upper()
    if code not in currency_codes():
        raise ValidationError(_("Choose a currency of ISO 4217, such as EUR."), "unknown_currency")
    return code


def _email(value: Any) -> str:
    address = _text(value).strip()
    if address:
        validate_email(address)
        _visible(address, 254)
    return address


def _phone(value: Any) -> str:
    number = " ".join(_text(value).split())
    if number and not _PHONE.fullmatch(number):
        raise ValidationError(_("Give a phone number such as +49 30 123456."), "invalid")
    return number


def _whole(least: int, most: int) -> Callable[[Any], int]:
    def clean(value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            message = _("Give a whole number from %(least)s to %(most)s.") % {"least": least, "most": most}
            raise ValidationError(message, "invalid")
        return value

    return clean


_CLEANERS: Mapping[str, Callable[[Any], Any]] = {
    "legal_name": _line(200),
    "registration_number": _line(60),
    "tax_id": _line(60),
    "street": _street,
    "district": _line(100),
    "city": _line(100),
    "region": _line(100),
    "postal_code": _line(20),
    "country": _country,
    "email": _email,
    "phone": _phone,
    "currency": _currency,
    "fiscal_year_month": _whole(1, 12),
    "fiscal_year_day": _whole(1, 31),
    "week_start": _whole(1, 7),
}
