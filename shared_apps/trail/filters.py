from datetime import datetime

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from django_filters import CharFilter, ChoiceFilter, IsoDateTimeFilter

from core.api.filters import StrictFilterSet
from shared_apps.trail.choices import ActorKind
from shared_apps.trail.models import TrailEntry
from shared_apps.trail.selectors import entries_since, entries_until

_local_time = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")


class EntryFilter(StrictFilterSet):
    """Which part of the trail: by who, what, to which object and when."""

    action = CharFilter(label=_("Action"))
    actor_kind = ChoiceFilter(label=_("Kind of actor"), choices=ActorKind.choices)
    actor_id = CharFilter(label=_("Actor"))
    object_type = CharFilter(label=_("Kind of object"))
    object_id = CharFilter(label=_("Object"))
    since = IsoDateTimeFilter(label=_("From"), method="filter_since", widget=_local_time)
    until = IsoDateTimeFilter(label=_("Until"), method="filter_until", widget=_local_time)

    class Meta:
        model = TrailEntry
        fields = ["action", "actor_kind", "actor_id", "object_type", "object_id", "since", "until"]

    def filter_since(self, entries: QuerySet[TrailEntry], name: str, at: datetime) -> QuerySet[TrailEntry]:
        """From this instant on."""
        return entries_since(entries, at)

    def filter_until(self, entries: QuerySet[TrailEntry], name: str, at: datetime) -> QuerySet[TrailEntry]:
        """Before this instant."""
        return entries_until(entries, at)
