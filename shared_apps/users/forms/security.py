from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from shared_apps.users.choices import TwoFactorDemand

_LENGTHS = [
    ("", _("As long as the browser keeps it, two weeks at most")),
    (1, _("1 hour")),
    (8, _("8 hours")),
    (12, _("12 hours")),
    (24, _("1 day")),
    (72, _("3 days")),
    (168, _("1 week")),
]


class PolicyForm(forms.Form):
    two_factor = forms.ChoiceField(
        label=_("Needed by"), choices=TwoFactorDemand.choices, widget=forms.RadioSelect, initial=TwoFactorDemand.NOBODY
    )
    grace_until = forms.DateField(
        label=_("Without it until"),
        required=False,
        widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
        help_text=_("The last day on which people may still do without. Empty: it counts at once."),
    )
    session_hours = forms.TypedChoiceField(
        label=_("A sign-in lasts"), choices=_LENGTHS, coerce=int, empty_value=None, required=False
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        chosen = self.initial.get("session_hours")
        field = self.fields["session_hours"]
        if chosen is not None and chosen not in dict(_LENGTHS):
            # A length that was chosen through REST stays on offer.
            field.choices = [*_LENGTHS, (chosen, _("%(hours)s hours") % {"hours": chosen})]  # type: ignore[attr-defined]
