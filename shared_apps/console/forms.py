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
    confirmation = forms.CharField(
        label=_("Subdomain, to confirm"),
        max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}),
    )

    def __init__(self, *args: Any, slug: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.slug = slug
        self.fields["confirmation"].help_text = _("Type “%(slug)s”.") % {"slug": slug}

    def clean_confirmation(self) -> str:
        """The organisation's subdomain as it is written."""
        typed = self.cleaned_data["confirmation"]
        if typed != self.slug:
            raise forms.ValidationError(_("Type the organisation's subdomain."), code="other_slug")
        return typed


class BulkChangeForm(forms.Form):
    """Why several organisations change, and the proof that so many are meant."""

    reason = forms.CharField(label=_("Reason"), max_length=500)
    confirmation = forms.IntegerField(
        label=_("Number of organisations, to confirm"), widget=forms.TextInput(attrs={"inputmode": "numeric"})
    )

    def __init__(self, *args: Any, count: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.count = count

    def clean_confirmation(self) -> int:
        """How many organisations were chosen."""
        typed: int = self.cleaned_data["confirmation"]
        if typed != self.count:
            raise forms.ValidationError(_("Type how many organisations are listed here."), code="other_count")
        return typed


class ReasonForm(forms.Form):
    reason = forms.CharField(label=_("Reason"), max_length=500)
