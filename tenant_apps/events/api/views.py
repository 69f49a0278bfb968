from django.db.models import QuerySet
from rest_framework.response import Response

from core.api.authentication import ApiRequest
from core.api.viewsets import ListMixin, RetrieveMixin, RoomViewSet, action
from tenant_apps.events.api.serializers import EventOutput
from tenant_apps.events.filters import EventFilter
from tenant_apps.events.models import OutboxEvent
from tenant_apps.events.selectors import event_get, event_list
from tenant_apps.events.services import event_retry


class EventViewSet(ListMixin, RetrieveMixin, RoomViewSet):
    """What happened, and who was told."""

    serializer_class = EventOutput
    filterset_class = EventFilter
    permission_actions = {"list": "events.view", "retrieve": "events.view", "retry": "events.retry"}

    def get_queryset(self) -> QuerySet[OutboxEvent]:
        return event_list().prefetch_related("deliveries")

    @action(detail=True, methods=["post"])
    def retry(self, request: ApiRequest, id: str) -> Response:
        """Hand an event on anew: one that was given up, or one that waits for its next attempt."""
        event = self.get_object()
        self.parsed()
        event_retry(event_id=event.pk, actor=request.actor)
        return self.answered(event_get(event.pk))
