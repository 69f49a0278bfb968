from typing import Any

from django import forms

from core.notifications import Channel
from tenant_apps.notifications.selectors import Choice


class PreferencesForm(forms.Form):
    """One choice for each kind of notification."""

    def __init__(self, *arguments: Any, choices: list[Choice], **options: Any) -> None:
        super().__init__(*arguments, **options)
        for choice in choices:
            self.fields[choice.notice.code] = forms.ChoiceField(
                label=choice.notice.label, choices=Channel.choices, initial=choice.channel.value
            )
