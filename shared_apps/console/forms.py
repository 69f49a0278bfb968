from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from shared_apps.tenants.services import LONGEST_NAME


class TenantForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=LONGEST_NAME)
    slug = forms.CharField(
        label=_("Subdomain"),
        max_length=40,
        help_text=_("3 to 40 letters a-z, digits and single hyphens. It cannot be changed."),
        widget=forms.TextInput(attrs={"autocapitalize": "none", "spellcheck": "false"}),
    )
    owner_email = forms.EmailField(
        label=_("First administrator's e-mail address"), max_length=254, help_text=_("An invitation is sent there.")
    )
    owner_name = forms.CharField(label=_("First administrator's name"), max_length=150, required=False)


class ChangeForm(forms.Form):
    """Why an organisation's state changes, and the proof that this organisation is meant."""

    reason = forms.CharField(label=_("Reason"), max_length=500, required=False)
    confirmation = forms.CharField(label=_("Subdomain, to confirm"), max_length=40)

    def __init__(self, *args: Any, slug: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.slug = slug

    def clean_confirmation(self) -> str:
        """The organisation's subdomain as it is written."""
        typed = self.cleaned_data["confirmation"]
        if typed != self.slug:
            raise forms.ValidationError(_("Type the organisation's subdomain."), code="other_slug")
        return typed
