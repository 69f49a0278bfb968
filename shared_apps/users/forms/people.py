import re
from typing import Any, cast
from zoneinfo import available_timezones

from django import forms
from django.conf import settings
from django.contrib.auth.password_validation import password_validators_help_text_html
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from shared_apps.users.emails import normalise_email
from shared_apps.users.models import Role

MOST_INVITED = 50


class EmailField(forms.CharField):
    """An e-mail address in its one spelling."""

    widget = forms.EmailInput

    def clean(self, value: str) -> str:
        """The normalised address; raises ValidationError."""
        return normalise_email(super().clean(value))


class AddressesField(forms.CharField):
    """Several e-mail addresses, apart by commas, semicolons, blanks or lines, each in its one spelling and once."""

    widget = forms.Textarea

    def clean(self, value: str) -> list[str]:
        """The normalised addresses; raises ValidationError, which names each that is none."""
        typed = re.split(r"[\s,;]+", super().clean(value))
        found, errors = [], []
        for text in filter(None, typed):
            try:
                found.append(normalise_email(text))
            except ValidationError:
                errors.append(ValidationError(_("“%(text)s” is no e-mail address."), "invalid", {"text": text[:100]}))
        if len(found) > MOST_INVITED:
            errors.append(ValidationError(_("Invite at most %(most)d at once."), "too_many", {"most": MOST_INVITED}))
        if errors:
            raise ValidationError(errors)
        return list(dict.fromkeys(found))


class InviteForm(forms.Form):
    email = AddressesField(
        label=_("E-mail addresses"),
        max_length=10_000,
        widget=forms.Textarea({"rows": 3, "autocomplete": "off", "spellcheck": "false"}),
        help_text=_("One or several, with commas or on lines of their own."),
    )
    role = forms.MultipleChoiceField(
        label=_("Roles"),
        widget=forms.CheckboxSelectMultiple,
        help_text=_("What is beyond your own role is not offered."),
    )

    def __init__(self, *args: Any, roles: list[Role], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = cast(forms.MultipleChoiceField, self.fields["role"])
        field.choices = [(role.code, role.name) for role in roles]


class PlainForm(forms.Form):
    """A question that a button answers."""


class ReasonForm(forms.Form):
    reason = forms.CharField(label=_("Reason"), max_length=500, help_text=_("It stands in the audit trail."))


class RolesForm(forms.Form):
    roles = forms.MultipleChoiceField(
        label=_("Roles"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("A person whose roles change has to sign in again, and their API keys end."),
    )

    def __init__(self, *args: Any, roles: list[Role], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = cast(forms.MultipleChoiceField, self.fields["roles"])
        field.choices = [(role.code, role.name) for role in roles]


class DisableForm(forms.Form):
    reason = forms.CharField(label=_("Reason"), max_length=500, required=False)


class NewPasswordField(forms.CharField):
    """A password to be; the service decides whether it is good enough."""

    def __init__(self) -> None:
        super().__init__(
            label=_("Password"),
            max_length=1024,
            strip=False,
            widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
            help_text=password_validators_help_text_html(),
        )


class AcceptForm(forms.Form):
    name = forms.CharField(label=_("Your name"), max_length=150, widget=forms.TextInput(attrs={"autocomplete": "name"}))
    password = NewPasswordField()


class RegisterForm(forms.Form):
    name = forms.CharField(label=_("Your name"), max_length=150, widget=forms.TextInput(attrs={"autocomplete": "name"}))
    email = EmailField(label=_("E-mail address"), max_length=254)
    password = NewPasswordField()


class ProfileForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=150, widget=forms.TextInput(attrs={"autocomplete": "name"}))
    language = forms.ChoiceField(label=_("Language"), required=False)
    time_zone = forms.CharField(
        label=_("Time zone"),
        max_length=64,
        required=False,
        help_text=_("A name such as Europe/Berlin; empty for the organisation's."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = cast(forms.ChoiceField, self.fields["language"])
        field.choices = [("", _("The browser's")), *settings.LANGUAGES]

    def clean_time_zone(self) -> str:
        """A zone of the IANA database, or none."""
        zone = self.cleaned_data["time_zone"].strip()
        if zone and zone not in available_timezones():
            raise ValidationError(_("There is no such time zone."), code="unknown_zone")
        return zone
