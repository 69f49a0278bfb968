from typing import Any

from rest_framework import serializers

from core.api.fields import ExactIntegerField
from core.api.serializers import StrictSerializer


def _text(longest: int, help_text: str = "") -> serializers.CharField:
    return serializers.CharField(max_length=longest, required=False, allow_blank=True, help_text=help_text)


def _whole(least: int, most: int, help_text: str) -> Any:
    return ExactIntegerField(min_value=least, max_value=most, required=False, help_text=help_text)


class OrganisationSerializer(StrictSerializer):
    """What an organisation says of itself; an empty text stands for "not said"."""

    legal_name = _text(200)
    registration_number = _text(60)
    tax_id = _text(60, "VAT number, EIN or what the country has, checked by its rules.")
    street = _text(300, "Up to three lines.")
    district = _text(100)
    city = _text(100)
    region = _text(100, "State, province or canton, where addresses of the country name one.")
    postal_code = _text(20)
    country = _text(2, "ISO 3166-1, such as DE.")
    email = _text(254)
    phone = _text(40)
    currency = serializers.CharField(
        max_length=3, required=False, help_text="ISO 4217; fixed once something is posted."
    )
    fiscal_year_month = _whole(1, 12, "The month that the fiscal year begins in.")
    fiscal_year_day = _whole(1, 31, "The day of that month; one that every year has.")
    week_start = _whole(1, 7, "1 is Monday (ISO 8601).")
    locale = _text(20, "Such as en-GB.")
    time_zone = _text(64, "Such as Europe/Berlin.")
