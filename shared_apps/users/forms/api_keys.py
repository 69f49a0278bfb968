from datetime import datetime, timedelta
from typing import Any, cast

from django import forms
from django.utils.translation import gettext_lazy as _

from core.actor import Actor
from core.clock import now
from shared_apps.users.forms.roles import ActionBoxes, grouped_actions
from shared_apps.users.selectors import realm_actions

_lifetimes = [("30", _("30 days")), ("90", _("90 days")), ("365", _("One year")), ("never", _("Never"))]


class ApiKeyForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=100, help_text=_("What uses the key, such as “Web shop”."))
    lifetime = forms.ChoiceField(label=_("Expires after"), choices=_lifetimes, initial="90")
    scopes = forms.MultipleChoiceField(
        label=_("May"),
        widget=ActionBoxes,
        help_text=_("A key never does more than you may do yourself at the time."),
    )

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = cast(forms.MultipleChoiceField, self.fields["scopes"])
        field.choices = grouped_actions({code for code in realm_actions() if actor.may(code)})

    @property
    def expires_at(self) -> datetime | None:
        """When the key ends, None for one without end."""
        days = self.cleaned_data["lifetime"]
        return None if days == "never" else now() + timedelta(days=int(days))


class RotateForm(forms.Form):
    overlap = forms.ChoiceField(
        label=_("The old key works for"),
        choices=[("0", _("No longer")), ("1", _("One hour")), ("24", _("One day")), ("168", _("One week"))],
        initial="24",
        help_text=_("Time to put the new key where the old one is used."),
    )

    @property
    def how_long(self) -> timedelta:
        """How long both keys work."""
        return timedelta(hours=int(self.cleaned_data["overlap"]))
