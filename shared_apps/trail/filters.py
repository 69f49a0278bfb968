from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django_filters import CharFilter, ChoiceFilter, IsoDateTimeFilter

from core.api.filters import AddressFilter, StrictFilterSet
from shared_apps.trail.choices import ActorKind
from shared_apps.trail.models import TrailEntry
from shared_apps.trail.selectors import action_names

_local_time = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")


class ActionField(forms.CharField):
    """Any code of an action; those that have a name are offered by it."""

    widget = forms.Select

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choices = [("", "–"), *sorted(action_names().items(), key=lambda pair: pair[1])]
        self.widget.choices = self.choices


class ActionFilter(CharFilter):
    field_class = ActionField


class EntryFilter(StrictFilterSet):
    """Which part of the trail: by who, what, to which object, when and from where."""

    action = CharFilter(label=_("Action"))
    actor_kind = ChoiceFilter(label=_("Kind of actor"), choices=ActorKind.choices)
    actor_id = CharFilter(label=_("Actor's id"))
    object_type = CharFilter(label=_("Kind of object"))
    object_id = CharFilter(label=_("Object's id"))
    since = IsoDateTimeFilter(label=_("From"), field_name="at", lookup_expr="gte", widget=_local_time)
    until = IsoDateTimeFilter(label=_("Before"), field_name="at", lookup_expr="lt", widget=_local_time)
    address = AddressFilter(label=_("Address"))

    class Meta:
        model = TrailEntry
        fields = ["action", "actor_kind", "actor_id", "object_type", "object_id", "since", "until", "address"]


class EntryPageFilter(EntryFilter):
    """The same for people, with the actions by name."""

    action = ActionFilter(label=_("Action"))

    class Meta:
        model = TrailEntry
        fields = EntryFilter.Meta.fields
