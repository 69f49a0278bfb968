"""What a browser's language lets us guess about an organisation, and what may be chosen instead."""

from dataclasses import dataclass
from functools import lru_cache
from zoneinfo import available_timezones

from babel import Locale, UnknownLocaleError
from babel.core import get_global
from babel.numbers import get_currency_name, get_territory_currencies
from django.utils.translation import get_language

from core.currencies import CURRENCIES

_OFFERED_CODES = (
    "bg-BG ca-ES cs-CZ da-DK de-AT de-CH de-DE el-GR en-AU en-CA en-GB en-IE en-IN en-KE en-NG en-NZ en-US en-ZA es-AR"
    " es-CL es-CO es-ES es-MX et-EE fi-FI fr-BE fr-CA fr-CH fr-FR he-IL hi-IN hr-HR hu-HU id-ID is-IS it-CH it-IT ja-JP"
    " ko-KR lt-LT lv-LV nb-NO nl-BE nl-NL pl-PL pt-BR pt-PT ro-RO sk-SK sl-SI sv-SE th-TH tr-TR uk-UA vi-VN"
)
_OFFERED = tuple(_OFFERED_CODES.split())
_NO_PLACES = ("Etc/", "SystemV/", "US/", "Brazil/", "Canada/", "Chile/", "Mexico/")
Choices = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Region:
    """Language with territory, time zone and currency."""

    locale: str
    time_zone: str
    currency: str


ANYWHERE = Region(locale="en-GB", time_zone="UTC", currency="EUR")


def guessed_region(accepted: str) -> Region:
    """A region for an Accept-Language header; the time zone only where the territory has a single one."""
    tag = accepted.partition(",")[0].partition(";")[0].strip()
    try:
        locale = Locale.parse(tag, sep="-")
    except (UnknownLocaleError, ValueError, TypeError):
        return ANYWHERE
    likely = get_global("likely_subtags").get(locale.language, "").rpartition("_")[2]
    territory = locale.territory or likely
    code = f"{locale.language}-{territory}"
    if code not in _OFFERED:
        return ANYWHERE
    zones = [zone for zone, where in get_global("zone_territories").items() if where == territory]
    currencies = [each for each in get_territory_currencies(territory) if each in CURRENCIES]
    return Region(
        locale=code,
        time_zone=zones[0] if len(zones) == 1 else ANYWHERE.time_zone,
        currency=currencies[0] if currencies else ANYWHERE.currency,
    )


@lru_cache(maxsize=1)
def locale_choices() -> Choices:
    """Languages with territories, each by its own name."""
    named = [(code, Locale.parse(code, sep="-").get_display_name() or code) for code in _OFFERED]
    return sorted(named, key=lambda choice: choice[1].casefold())


@lru_cache(maxsize=1)
def time_zone_choices() -> Choices:
    """Places, and UTC."""
    places = sorted(zone for zone in available_timezones() if "/" in zone and not zone.startswith(_NO_PLACES))
    return [("UTC", "UTC"), *((zone, zone.replace("_", " ")) for zone in places)]


def currency_choices() -> Choices:
    """National currencies, by code."""
    return _currency_choices(get_language() or "en")


@lru_cache(maxsize=16)
def _currency_choices(language: str) -> Choices:
    codes = sorted(code for code, currency in CURRENCIES.items() if currency.kind == "iso")
    locale = Locale.parse(language, sep="-")
    return [(code, f"{code} · {get_currency_name(code, locale=locale)}") for code in codes]
