from datetime import datetime, timedelta
from typing import Any, cast

from django import forms
from django.utils.translation import gettext_lazy as _

from core.actor import Actor
from core.clock import now
from core.permissions import actions
from shared_apps.users.selectors import realm_actions

_lifetimes = [("30", _("30 days")), ("90", _("90 days")), ("365", _("One year")), ("never", _("Never"))]


class ApiKeyForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=100, help_text=_("What uses the key, such as “Web shop”."))
    lifetime = forms.ChoiceField(label=_("Expires after"), choices=_lifetimes, initial="90")
    scopes = forms.MultipleChoiceField(
        label=_("May"),
        widget=forms.CheckboxSelectMultiple,
        help_text=_("A key never does more than you may do yourself at the time."),
    )

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = actions()
        field = cast(forms.MultipleChoiceField, self.fields["scopes"])
        field.choices = [(code, known[code].label) for code in sorted(realm_actions()) if actor.may(code)]

    @property
    def expires_at(self) -> datetime | None:
        """When the key ends, None for one without end."""
        days = self.cleaned_data["lifetime"]
        return None if days == "never" else now() + timedelta(days=int(days))
