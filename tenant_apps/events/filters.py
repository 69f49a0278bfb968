from django.utils.translation import gettext_lazy as _
from django_filters import CharFilter, ChoiceFilter

from core.api.filters import StrictFilterSet
from tenant_apps.events.choices import EventState
from tenant_apps.events.models import OutboxEvent


class EventFilter(StrictFilterSet):
    """Which events: by state, kind and subject."""

    state = ChoiceFilter(label=_("State"), choices=EventState.choices, empty_label=_("All"))
    kind = CharFilter(label=_("Kind"))
    subject_id = CharFilter(label=_("Subject"))

    class Meta:
        model = OutboxEvent
        fields = ["state", "kind", "subject_id"]
