from collections.abc import Collection
from typing import Any, cast

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.permissions import actions
from shared_apps.users.words import room_label


def grouped_actions(codes: Collection[str]) -> list[tuple[str, list[tuple[str, str]]]]:
    """Actions by room: the room's name, then each action's code and label."""
    known = actions()
    rooms: dict[str, list[tuple[str, str]]] = {}
    for code in sorted(codes):
        rooms.setdefault(room_label(code), []).append((code, _(known[code].label)))
    return sorted(rooms.items())


class ActionBoxes(forms.CheckboxSelectMultiple):
    """Boxes to tick, grouped by room."""

    template_name = "users/widgets/action_boxes.html"


class RoleForm(forms.Form):
    name = forms.CharField(label=gettext_lazy("Name"), max_length=100)
    permissions = forms.MultipleChoiceField(
        label=gettext_lazy("May"),
        widget=ActionBoxes,
        help_text=gettext_lazy("What you may not give is not offered."),
    )

    def __init__(self, *args: Any, offered: Collection[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = cast(forms.MultipleChoiceField, self.fields["permissions"])
        field.choices = grouped_actions(offered)
