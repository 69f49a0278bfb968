from collections.abc import Mapping
from typing import Any

from rest_framework import serializers

from core.api.fields import ExactIntegerField
from core.api.serializers import StrictSerializer
from shared_apps.tenants.branding.contrast import Reading, readings
from shared_apps.tenants.branding.models import AssetKind
from shared_apps.tenants.branding.theme import ink_of
from shared_apps.tenants.branding.values import (
    LARGEST_RADIUS,
    LONGEST_ABOUT,
    LONGEST_CONTACT,
    LONGEST_LEGAL_TEXT,
    BrandValues,
    Density,
    Font,
    Mode,
    Sidebar,
)
from shared_apps.tenants.names import LONGEST_NAME


def _text(longest: int, **options: Any) -> serializers.CharField:
    return serializers.CharField(max_length=longest, allow_blank=True, required=False, **options)


def _choice(choices: Any) -> serializers.ChoiceField:
    return serializers.ChoiceField(choices=choices.choices, required=False)


class BrandSettings(StrictSerializer):
    """A brand's settings; an empty text stands for "not said"."""

    name = _text(LONGEST_NAME)
    tagline = _text(60)
    brand = _text(7, help_text="#rrggbb; shown lighter or darker where text on it could not be read.")
    accent = _text(7, help_text="#rrggbb")
    neutral_hue = ExactIntegerField(min_value=0, max_value=360, required=False)
    neutral_chroma = serializers.FloatField(min_value=0, max_value=0.03, required=False)
    radius = ExactIntegerField(min_value=0, max_value=LARGEST_RADIUS, required=False, help_text="Pixels.")
    density = _choice(Density)
    sidebar = _choice(Sidebar)
    font_body = _choice(Font)
    font_head = _choice(Font)
    mode = _choice(Mode)
    public_home = serializers.BooleanField(required=False, help_text="Whether visitors see a page about you at /.")
    headline = _text(120)
    about = _text(LONGEST_ABOUT, help_text="Markdown.")
    contact = _text(LONGEST_CONTACT, help_text="Postal address.")
    contact_email = _text(254)
    contact_phone = _text(40)
    sender_name = _text(80)
    reply_to = _text(254)
    imprint_text = _text(LONGEST_LEGAL_TEXT, help_text="Markdown.")
    imprint_url = _text(300)
    privacy_text = _text(LONGEST_LEGAL_TEXT, help_text="Markdown.")
    privacy_url = _text(300)
    terms_text = _text(LONGEST_LEGAL_TEXT, help_text="Markdown.")
    terms_url = _text(300)
    locale = _text(20, help_text="Such as en-GB.")
    time_zone = _text(64, help_text="Such as Europe/Berlin.")


class VersionInput(StrictSerializer):
    """Which version of the draft you read; the draft is refused where it is another by now."""

    version = ExactIntegerField(min_value=0)


class BrandInput(BrandSettings):
    """Some settings, and which version of the draft you read."""

    version = ExactIntegerField(min_value=0)


class RollBackInput(StrictSerializer):
    number = ExactIntegerField(min_value=1)


class PictureRemovalInput(VersionInput):
    kind = serializers.ChoiceField(choices=AssetKind.choices)


class PictureInput(PictureRemovalInput):
    """PNG, JPEG or WebP, at most 2 MB and 16 million pixels; kept as PNG without anything but its pixels."""

    file = serializers.FileField()


class PictureOutput(StrictSerializer):
    id = serializers.UUIDField()
    width = serializers.IntegerField()
    height = serializers.IntegerField()


class ReadingOutput(StrictSerializer):
    """How well a token is read on another (WCAG 2.2)."""

    mode = serializers.CharField()
    text = serializers.CharField(source="pair.text")
    background = serializers.CharField(source="pair.background")
    needed = serializers.FloatField(source="pair.least")
    ratio = serializers.SerializerMethodField()

    def get_ratio(self, reading: Reading) -> float:
        """1 to 21."""
        return round(reading.ratio, 2)


class LookOutput(StrictSerializer):
    """Settings, pictures by kind, and the brand colour as it is shown."""

    settings = BrandSettings()
    pictures = serializers.DictField(child=PictureOutput())
    shown_brand = serializers.CharField()
    shown_on_brand = serializers.CharField()


class PublishedOutput(LookOutput):
    """`number` is 0 before anything was published."""

    number = serializers.IntegerField()


class DraftOutput(LookOutput):
    version = serializers.IntegerField()
    changed_by = serializers.CharField()
    contrast = ReadingOutput(many=True)


class BrandOutput(StrictSerializer):
    """What everybody sees, and what will be seen when the draft is published."""

    published = PublishedOutput()
    draft = DraftOutput()


class BrandVersionOutput(StrictSerializer):
    """One publication."""

    number = serializers.IntegerField()
    at = serializers.DateTimeField()
    published_by = serializers.CharField()
    restored = serializers.IntegerField(allow_null=True)
    changes = serializers.DictField()


class HistoryOutput(StrictSerializer):
    """The fifty newest versions."""

    results = BrandVersionOutput(many=True)


def look(values: BrandValues, assets: Mapping[str, Mapping[str, Any]], **more: Any) -> dict[str, Any]:
    """What LookOutput writes."""
    ink = ink_of(values)
    return {
        "settings": values.stored(),
        "pictures": dict(assets),
        "shown_brand": ink.brand,
        "shown_on_brand": ink.on_brand,
        **more,
    }


def contrast_of(values: BrandValues) -> list[Reading]:
    """Every pair in light and dark, the least readable first."""
    found = readings(ink_of(values), values.ground)
    return sorted(found, key=lambda reading: reading.ratio / reading.pair.least)
