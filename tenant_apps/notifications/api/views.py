from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from core.api.authentication import ApiRequest
from core.api.views import ApiView
from core.api.viewsets import ListMixin, RetrieveMixin, RoomViewSet, action
from tenant_apps.notifications.api.serializers import (
    NotificationOutput,
    PreferencesInput,
    PreferencesOutput,
    ReadAllOutput,
    UnreadOutput,
)
from tenant_apps.notifications.filters import NotificationFilter
from tenant_apps.notifications.models import Notification
from tenant_apps.notifications.selectors import choices_of, notification_list, unread_count
from tenant_apps.notifications.services import notification_read, notifications_read, preferences_change

_VIEW = "notifications.view"


class NotificationViewSet(ListMixin, RetrieveMixin, RoomViewSet):
    """What you were told, the newest first; nobody sees anybody else's."""

    queryset = Notification.objects.none()
    serializer_class = NotificationOutput
    filterset_class = NotificationFilter
    permission_actions = {"list": _VIEW, "retrieve": _VIEW, "read": _VIEW}

    def get_queryset(self) -> QuerySet[Notification]:
        return notification_list(actor=self.request.actor)

    @action(detail=True, methods=["post"])
    def read(self, request: ApiRequest, id: str) -> Response:
        """Note that you have seen one; one that was read before keeps its time."""
        found = self.get_object()
        self.parsed()
        return self.answered(notification_read(notification=found))


class UnreadView(ApiView):
    """How much is new."""

    permission_actions = {"get": _VIEW}

    @extend_schema(responses=UnreadOutput)
    def get(self, request: ApiRequest) -> Response:
        """Count what you have not read."""
        user = request.actor.user
        return Response(UnreadOutput({"unread": unread_count(user.pk) if user is not None else 0}).data)


class ReadAllView(ApiView):
    """Everything at once."""

    permission_actions = {"post": _VIEW}

    @extend_schema(request=None, responses=ReadAllOutput)
    def post(self, request: ApiRequest) -> Response:
        """Note that you have seen all."""
        return Response(ReadAllOutput({"marked": notifications_read(actor=request.actor)}).data)


class PreferencesView(ApiView):
    """How you are told of what."""

    permission_actions = {"get": _VIEW, "patch": _VIEW}

    @extend_schema(responses=PreferencesOutput)
    def get(self, request: ApiRequest) -> Response:
        """Read every kind with its channel: `in_app`, `mail` (both), `none`."""
        return self._answered(request)

    @extend_schema(request=PreferencesInput, responses=PreferencesOutput)
    def patch(self, request: ApiRequest) -> Response:
        """Choose channels by kind."""
        serializer = PreferencesInput(data=request.data)
        serializer.is_valid(raise_exception=True)
        data: dict[str, Any] = dict(serializer.validated_data)
        preferences_change(channels=data["channels"], actor=request.actor)
        return self._answered(request)

    def _answered(self, request: ApiRequest) -> Response:
        return Response(PreferencesOutput({"results": choices_of(request.actor)}).data)
