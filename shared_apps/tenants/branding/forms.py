from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from shared_apps.tenants.branding.models import AssetKind
from shared_apps.tenants.branding.values import (
    LARGEST_RADIUS,
    LARGEST_TINT,
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


def _colour_field(label: Any, help_text: Any = "") -> forms.CharField:
    return forms.CharField(label=label, max_length=7, widget=forms.TextInput({"type": "color"}), help_text=help_text)


def _legal_field(label: Any) -> forms.CharField:
    return forms.CharField(
        label=label,
        max_length=LONGEST_LEGAL_TEXT,
        required=False,
        widget=forms.Textarea({"rows": 6}),
        help_text=_("Markdown. HTML is shown as text."),
    )


def _link_field(label: Any) -> forms.CharField:
    return forms.CharField(
        label=label, max_length=300, required=False, help_text=_("Instead of the text: an address with https://.")
    )


class BrandForm(forms.Form):
    """Reads the settings page; the service decides whether each value is valid."""

    version = forms.IntegerField(min_value=0, widget=forms.HiddenInput)
    name = forms.CharField(label=_("Name"), max_length=LONGEST_NAME)
    tagline = forms.CharField(label=_("Line under the name"), max_length=60, required=False)
    brand = _colour_field(_("Brand colour"), _("Lightened or darkened where text on it could not be read."))
    accent = _colour_field(_("Accent"))
    neutral_hue = forms.IntegerField(label=_("Hue of the greys"), min_value=0, max_value=360, help_text=_("Degrees."))
    neutral_chroma = forms.DecimalField(
        label=_("Tint of the greys"),
        min_value=0,
        max_value=LARGEST_TINT,
        decimal_places=3,
        help_text=_("0 is neutral."),
    )
    radius = forms.IntegerField(label=_("Corner radius"), min_value=0, max_value=LARGEST_RADIUS, help_text=_("Pixels."))
    density = forms.ChoiceField(label=_("Density"), choices=Density.choices)
    sidebar = forms.ChoiceField(label=_("Sidebar"), choices=Sidebar.choices)
    font_body = forms.ChoiceField(label=_("Text font"), choices=Font.choices)
    font_head = forms.ChoiceField(label=_("Heading font"), choices=Font.choices)
    mode = forms.ChoiceField(label=_("Light or dark"), choices=Mode.choices)
    public_home = forms.BooleanField(
        label=_("Show a public home page"),
        required=False,
        help_text=_("Without it, visitors are asked to sign in and search engines are kept out."),
    )
    headline = forms.CharField(label=_("Headline"), max_length=120, required=False, help_text=_("Empty: the name."))
    about = forms.CharField(
        label=_("About you"),
        max_length=LONGEST_ABOUT,
        required=False,
        widget=forms.Textarea({"rows": 8}),
        help_text=_("Markdown. HTML is shown as text."),
    )
    contact = forms.CharField(
        label=_("Postal address"), max_length=LONGEST_CONTACT, required=False, widget=forms.Textarea({"rows": 3})
    )
    contact_email = forms.CharField(label=_("E-mail address"), max_length=254, required=False)
    contact_phone = forms.CharField(label=_("Telephone"), max_length=40, required=False)
    sender_name = forms.CharField(
        label=_("Sender of e-mails"), max_length=80, required=False, help_text=_("Empty: the name of the brand.")
    )
    reply_to = forms.CharField(label=_("Answers to e-mails go to"), max_length=254, required=False)
    imprint_text = _legal_field(_("Imprint"))
    imprint_url = _link_field(_("Link to the imprint"))
    privacy_text = _legal_field(_("Privacy"))
    privacy_url = _link_field(_("Link to the privacy note"))
    terms_text = _legal_field(_("Terms"))
    terms_url = _link_field(_("Link to the terms"))
    locale = forms.CharField(label=_("Locale"), max_length=20, required=False, help_text=_("Such as en-GB or de-AT."))
    time_zone = forms.CharField(
        label=_("Time zone"), max_length=64, required=False, help_text=_("Such as Europe/Berlin.")
    )

    @classmethod
    def showing(cls, values: BrandValues, version: int) -> "BrandForm":
        """An unsent form of a draft."""
        return cls(initial={**values.stored(), "version": version})

    @property
    def changes(self) -> dict[str, Any]:
        """What the person typed, without the version."""
        return {name: value for name, value in self.cleaned_data.items() if name != "version"}


class PictureForm(forms.Form):
    version = forms.IntegerField(min_value=0, widget=forms.HiddenInput)
    kind = forms.ChoiceField(label=_("Picture"), choices=AssetKind.choices)
    file = forms.FileField(
        label=_("File"),
        widget=forms.ClearableFileInput({"accept": "image/png,image/jpeg,image/webp"}),
        help_text=_("PNG, JPEG or WebP, at most 2 MB."),
    )


class PictureRemovalForm(forms.Form):
    version = forms.IntegerField(min_value=0)
    kind = forms.ChoiceField(choices=AssetKind.choices)


class VersionForm(forms.Form):
    """Says which version of the draft the person had in front of them."""

    version = forms.IntegerField(min_value=0)


class NumberForm(forms.Form):
    """Says which published version."""

    number = forms.IntegerField(min_value=1)
