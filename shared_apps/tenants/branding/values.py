"""What an organisation may say about its brand: validated data, never CSS, HTML or templates."""

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields, replace
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import available_timezones

from babel import Locale, UnknownLocaleError
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator, validate_email
from django.db import models
from django.utils.translation import gettext_lazy as _

from core.errors import FieldError
from shared_apps.tenants.branding.contrast import Ground
from shared_apps.tenants.branding.errors import BrandRefused
from shared_apps.tenants.names import LONGEST_NAME

LONGEST_LEGAL_TEXT = 20_000
LONGEST_ABOUT = 4_000
LONGEST_CONTACT = 300
LARGEST_RADIUS = 16
# Above it, grey text on grey stands out too little in some hues.
LARGEST_TINT = Decimal("0.03")
LEGAL = ("imprint", "privacy", "terms")
_COLOUR = re.compile(r"#[0-9a-f]{6}")
_PHONE = re.compile(r"\+?[0-9][0-9 ()/.-]{2,38}")
_LOCALE = re.compile(r"[a-z]{2,3}([-_][a-z]{4})?([-_]([a-z]{2}|[0-9]{3}))?", re.IGNORECASE)


class Font(models.TextChoices):
    INTER = "inter", "Inter"
    MANROPE = "manrope", "Manrope"
    SOURCE_SERIF = "source-serif-4", "Source Serif 4"
    SYSTEM = "system", _("The device's own")


class Density(models.TextChoices):
    COMFORTABLE = "comfortable", _("Comfortable")
    COMPACT = "compact", _("Compact")


class Mode(models.TextChoices):
    CHOICE = "choice", _("Each person chooses")
    FOLLOW = "follow", _("As the device says")
    LIGHT = "light", _("Always light")
    DARK = "dark", _("Always dark")


class Sidebar(models.TextChoices):
    PLAIN = "plain", _("Plain")
    TINTED = "tinted", _("Dark, in the brand's hue")


@dataclass(frozen=True, slots=True)
class BrandValues:
    """A brand's settings, each of them valid. An empty text stands for "not said"."""

    name: str = ""
    tagline: str = ""
    brand: str = "#3355d8"
    accent: str = "#0d9488"
    neutral_hue: int = 262
    neutral_chroma: float = 0.008
    radius: int = 8
    density: str = Density.COMFORTABLE.value
    sidebar: str = Sidebar.PLAIN.value
    font_body: str = Font.INTER.value
    font_head: str = Font.INTER.value
    mode: str = Mode.CHOICE.value
    public_home: bool = True
    headline: str = ""
    about: str = ""
    contact: str = ""
    contact_email: str = ""
    contact_phone: str = ""
    sender_name: str = ""
    reply_to: str = ""
    imprint_text: str = ""
    imprint_url: str = ""
    privacy_text: str = ""
    privacy_url: str = ""
    terms_text: str = ""
    terms_url: str = ""
    locale: str = ""
    time_zone: str = ""

    @property
    def ground(self) -> Ground:
        """What the brand colour has to stand on."""
        return Ground(self.neutral_hue, self.neutral_chroma, self.sidebar)

    def stored(self) -> dict[str, Any]:
        """As JSON holds it."""
        return asdict(self)


FIELDS = tuple(field.name for field in fields(BrandValues))


def from_stored(stored: Mapping[str, Any]) -> BrandValues:
    """Values that were validated before they were stored; a setting that is newer than they are has its default."""
    return BrandValues(**{name: stored[name] for name in FIELDS if name in stored})


def changed(values: BrandValues, changes: Mapping[str, Any]) -> BrandValues:
    """The values with some of them changed; raises BrandRefused, which names every field that is not valid."""
    cleaned, errors = {}, []
    for name, value in changes.items():
        try:
            cleaned[name] = _CLEANERS[name](value)
        except KeyError:
            errors.append(FieldError(field=name, code="unknown_field", message="There is no such setting."))
        except ValidationError as error:
            errors.append(FieldError(field=name, code=error.code or "invalid", message=" ".join(error.messages)))
    if errors:
        raise BrandRefused(errors[0]["message"] if len(errors) == 1 else "Check the settings named.", errors=errors)
    return replace(values, **cleaned)


def differences(before: BrandValues, after: BrandValues) -> dict[str, dict[str, Any]]:
    """What changed, by setting: `{"from": …, "to": …}`."""
    old, new = before.stored(), after.stored()
    return {name: {"from": old[name], "to": new[name]} for name in FIELDS if old[name] != new[name]}


def _line(longest: int, *, required: bool = False) -> Callable[[Any], str]:
    def clean(value: Any) -> str:
        text = " ".join(_text(value).split())
        if (required and not text) or len(text) > longest or any(_is_control(letter) for letter in text):
            raise ValidationError(f"Give a text of {1 if required else 0} to {longest} visible characters.", "invalid")
        return text

    return clean


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValidationError("Give a text.", "invalid")
    return unicodedata.normalize("NFC", value)


def _is_control(letter: str) -> bool:
    return unicodedata.category(letter).startswith("C")


def _colour(value: Any) -> str:
    text = _text(value).strip().lower()
    if re.fullmatch(r"#[0-9a-f]{3}", text):
        text = "#" + "".join(digit * 2 for digit in text[1:])
    if not _COLOUR.fullmatch(text):
        raise ValidationError("Give a colour as # and six hexadecimal digits, such as #1d7a4f.", "invalid")
    return text


def _whole(least: int, most: int) -> Callable[[Any], int]:
    def clean(value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise ValidationError(f"Give a whole number from {least} to {most}.", "invalid")
        return value

    return clean


def _tint(value: Any) -> float:
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        number = Decimal("NaN")
    if isinstance(value, bool) or not number.is_finite() or not 0 <= number <= LARGEST_TINT:
        raise ValidationError(f"Give a number from 0 to {LARGEST_TINT}.", "invalid")
    return float(round(number, 3))


def _one_of(choices: type[models.TextChoices]) -> Callable[[Any], str]:
    def clean(value: Any) -> str:
        if not isinstance(value, str) or value not in choices.values:
            raise ValidationError(f"Choose one of: {', '.join(choices.values)}.", "invalid_choice")
        return str(value)

    return clean


def _sender(value: Any) -> str:
    name = _line(80)(value)
    # A name that looks like an address is what phishing uses.
    if re.search(r"[@<>\"]", name):
        raise ValidationError("A sender's name holds no @, quotes or angle brackets.", "invalid")
    return name


def _address(value: Any) -> str:
    address = _text(value).strip()
    if address:
        validate_email(address)
        if not address.isascii() or len(address) > 254:
            raise ValidationError("Enter an e-mail address such as name@example.org.", "invalid")
    return address


_is_url = URLValidator(schemes=["https"])


def _link(value: Any) -> str:
    address = _text(value).strip()
    if not address:
        return ""
    try:
        _is_url(address)
        has_credentials = "@" in urlsplit(address).netloc
    except (ValidationError, ValueError):
        has_credentials = True
    if has_credentials or len(address) > 300 or any(_is_control(letter) for letter in address):
        raise ValidationError("Give an address that begins with https://, of at most 300 characters.", "invalid")
    return address


def _long_text(longest: int) -> Callable[[Any], str]:
    def clean(value: Any) -> str:
        text = _text(value).replace("\r\n", "\n").replace("\r", "\n").strip()
        if len(text) > longest or any(_is_control(letter) for letter in text if letter not in "\n\t"):
            raise ValidationError(f"Give a text of at most {longest} visible characters.", "invalid")
        return text

    return clean


def _yes_or_no(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValidationError("Say yes or no.", "invalid")
    return value


def _phone(value: Any) -> str:
    number = _line(40)(value)
    if number and not _PHONE.fullmatch(number):
        raise ValidationError("Give a telephone number such as +351 286 000 000.", "invalid")
    return number


def _locale(value: Any) -> str:
    text = _text(value).strip()
    if not text:
        return ""
    try:
        if not _LOCALE.fullmatch(text):
            raise UnknownLocaleError(text)
        return str(Locale.parse(text.replace("-", "_"))).replace("_", "-")
    except (UnknownLocaleError, ValueError) as error:
        raise ValidationError("Give a locale such as en-GB or de-AT.", "invalid") from error


def _time_zone(value: Any) -> str:
    text = _text(value).strip()
    if text and text not in available_timezones():
        raise ValidationError("Give a time zone such as Europe/Berlin.", "invalid")
    return text


_CLEANERS: Mapping[str, Callable[[Any], Any]] = {
    "name": _line(LONGEST_NAME, required=True),
    "tagline": _line(60),
    "brand": _colour,
    "accent": _colour,
    "neutral_hue": _whole(0, 360),
    "neutral_chroma": _tint,
    "radius": _whole(0, LARGEST_RADIUS),
    "density": _one_of(Density),
    "sidebar": _one_of(Sidebar),
    "font_body": _one_of(Font),
    "font_head": _one_of(Font),
    "mode": _one_of(Mode),
    "public_home": _yes_or_no,
    "headline": _line(120),
    "about": _long_text(LONGEST_ABOUT),
    "contact": _long_text(LONGEST_CONTACT),
    "contact_email": _address,
    "contact_phone": _phone,
    "sender_name": _sender,
    "reply_to": _address,
    **{f"{kind}_text": _long_text(LONGEST_LEGAL_TEXT) for kind in LEGAL},
    **{f"{kind}_url": _link for kind in LEGAL},
    "locale": _locale,
    "time_zone": _time_zone,
}
