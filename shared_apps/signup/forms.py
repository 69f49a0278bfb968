from dataclasses import dataclass
from typing import Any, cast

from django import forms
from django.contrib.auth.password_validation import password_validators_help_text_html
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from core.errors import LiveryError
from shared_apps.signup.codes import DIGITS
from shared_apps.signup.regions import currency_choices, locale_choices, time_zone_choices
from shared_apps.signup.selectors import slug_suggestion
from shared_apps.signup.services import Wish, password_prepare
from shared_apps.tenants.services import LONGEST_NAME, LONGEST_SLUG
from shared_apps.users.services import normalise_email

_PLAIN = {"autocapitalize": "none", "autocorrect": "off", "spellcheck": "false"}


def show_refusal(form: forms.Form, error: LiveryError) -> None:
    """Put what a service refused to its fields, or to the top of the form."""
    named = [each for each in error.errors if each["field"] in form.fields]
    for each in named:
        form.add_error(each["field"], each["message"])
    if not named:
        form.add_error(None, str(error))


@dataclass(frozen=True, slots=True)
class KeptPassword:
    """A new password as its hash, and for whom it was found good enough."""

    hash: str
    email: str
    name: str


class SlugField(forms.CharField):
    """A subdomain as it is typed; the service says whether it may be had."""

    def __init__(self, *, required: bool = True) -> None:
        super().__init__(
            label=_("Subdomain"),
            required=required,
            max_length=LONGEST_SLUG,
            widget=forms.TextInput(attrs={"autocomplete": "off", **_PLAIN}),
            error_messages={"required": _("Choose a subdomain.")},
        )


class EmailField(forms.CharField):
    """An e-mail address in its one spelling."""

    widget = forms.EmailInput

    def clean(self, value: str) -> str:
        """The normalised address; raises ValidationError."""
        return normalise_email(super().clean(value))


class SignUpForm(forms.Form):
    """Everything that a new organisation needs. The password may be left out where it is kept from before.

    `kept` is what to keep of it until the rest is right.
    """

    organisation = forms.CharField(
        label=_("Organisation's name"),
        max_length=LONGEST_NAME,
        widget=forms.TextInput(attrs={"autocomplete": "organization"}),
    )
    slug = SlugField(required=False)
    name = forms.CharField(label=_("Your name"), max_length=150, widget=forms.TextInput(attrs={"autocomplete": "name"}))
    email = EmailField(
        label=_("E-mail address"), max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "email"})
    )
    password = forms.CharField(
        label=_("Password"),
        max_length=1024,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=password_validators_help_text_html(),
    )
    locale = forms.ChoiceField(label=_("Language and region"))
    time_zone = forms.ChoiceField(label=_("Time zone"))
    currency = forms.ChoiceField(label=_("Currency"))
    terms_accepted = forms.BooleanField(
        label=_("I accept the terms"), error_messages={"required": _("Accept the terms to go on.")}
    )

    def __init__(self, *args: Any, kept: KeptPassword | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = {"locale": locale_choices(), "time_zone": time_zone_choices(), "currency": currency_choices()}
        for name, offered in choices.items():
            cast(forms.ChoiceField, self.fields[name]).choices = offered
        self.kept = kept
        self.fields["password"].required = kept is None
        if not self.is_bound:
            # What the device says is nearer than what a language lets us guess.
            self.fields["time_zone"].widget.attrs["data-guess"] = "time-zone"

    def clean(self) -> dict[str, Any]:
        """Hash the password at once, or take the kept one; suggest a subdomain where none was typed."""
        if "slug" not in self.errors and not self.cleaned_data.get("slug"):
            self._suggest_slug()
        owner = (self.cleaned_data.get("email", ""), self.cleaned_data.get("name", ""))
        if all(owner):
            self._take_password(*owner)
        return self.cleaned_data

    def wish(self) -> Wish:
        """What was typed, for the service."""
        return Wish(**{**self.cleaned_data, "password": self.kept.hash if self.kept else ""})

    def _suggest_slug(self) -> None:
        suggestion = slug_suggestion(self.cleaned_data.get("organisation", ""))
        self.data = {**self.data.dict(), "slug": suggestion} if isinstance(self.data, QueryDict) else self.data
        text = _("This one is free. Keep it or change it, and send again.") if suggestion else _("Choose a subdomain.")
        self.add_error("slug", text)

    def _take_password(self, email: str, name: str) -> None:
        typed = self.cleaned_data.get("password")
        if typed:
            self.kept = None
            try:
                self.kept = KeptPassword(password_prepare(password=typed, email=email, name=name), email, name)
            except LiveryError as error:
                show_refusal(self, error)
        elif self.kept and (self.kept.email, self.kept.name) != (email, name):
            self.kept = None
            self.add_error("password", _("Choose a password."))
        if self.kept:
            self.fields["password"].required = False
            self["password"].help_text = _("Your password is kept. Type it only to choose another.")


class CodeForm(forms.Form):
    code = forms.CharField(
        label=_("Code from the mail"),
        max_length=20,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric", "size": DIGITS}),
    )


class NameForm(forms.Form):
    slug = SlugField()


class FindForm(forms.Form):
    name = forms.CharField(
        label=_("Your organisation's subdomain"),
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "organization", **_PLAIN}),
    )
