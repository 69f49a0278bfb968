from django.db.models import QuerySet

from core.api.viewsets import ListMixin, RetrieveMixin, RoomViewSet
from shared_apps.trail.api.serializers import EntryOutput
from shared_apps.trail.filters import EntryFilter
from shared_apps.trail.models import TrailEntry
from shared_apps.trail.selectors import entry_list


class EntryViewSet(ListMixin, RetrieveMixin, RoomViewSet):
    """Who did what to which object, and from where. Entries never change."""

    serializer_class = EntryOutput
    filterset_class = EntryFilter
    permission_actions = {"list": "trail.view", "retrieve": "trail.view"}

    def get_queryset(self) -> QuerySet[TrailEntry]:
        return entry_list()
