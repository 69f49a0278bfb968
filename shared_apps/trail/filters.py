from django import forms
from django.utils.translation import gettext_lazy as _
from django_filters import CharFilter, ChoiceFilter, IsoDateTimeFilter

from core.api.filters import StrictFilterSet
from shared_apps.trail.choices import ActorKind
from shared_apps.trail.models import TrailEntry

_local_time = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")


class EntryFilter(StrictFilterSet):
    """Which part of the trail: by who, what, to which object and when."""

    action = CharFilter(label=_("Action"))
    actor_kind = ChoiceFilter(label=_("Kind of actor"), choices=ActorKind.choices)
    actor_id = CharFilter(label=_("Actor"))
    object_type = CharFilter(label=_("Kind of object"))
    object_id = CharFilter(label=_("Object"))
    since = IsoDateTimeFilter(label=_("From"), field_name="at", lookup_expr="gte", widget=_local_time)
    until = IsoDateTimeFilter(label=_("Before"), field_name="at", lookup_expr="lt", widget=_local_time)

    class Meta:
        model = TrailEntry
        fields = ["action", "actor_kind", "actor_id", "object_type", "object_id", "since", "until"]
