from django.db.models import QuerySet
from django.http import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.exceptions import ValidationError

from core.api.authentication import ApiRequest
from core.api.filters import filter_parameters
from core.api.viewsets import ListMixin, RetrieveMixin, RoomViewSet, action
from core.web.views.lists import MOST_EXPORTED, TooManyRows
from shared_apps.trail.api.serializers import EntryOutput
from shared_apps.trail.exports import KINDS, export_response
from shared_apps.trail.filters import EntryFilter
from shared_apps.trail.models import TrailEntry
from shared_apps.trail.selectors import entry_list
from shared_apps.trail.services import trail_record

_FILE = "file"


class EntryViewSet(ListMixin, RetrieveMixin, RoomViewSet):
    """Who did what to which object, and from where. Entries never change."""

    serializer_class = EntryOutput
    filterset_class = EntryFilter
    search_fields = ("actor_label", "object_label", "summary")
    permission_actions = {"list": "trail.view", "retrieve": "trail.view", "export": "trail.view"}

    def get_queryset(self) -> QuerySet[TrailEntry]:
        return entry_list()

    def get_query_parameters(self) -> dict[str, bool]:
        """The list's filters count for a file too."""
        allowed = super().get_query_parameters()
        if self.action == "export":
            allowed |= filter_parameters(EntryFilter) | {"search": False, _FILE: False}
        return allowed

    @extend_schema(
        parameters=[OpenApiParameter(_FILE, enum=KINDS, default="jsonl", description="The kind of file.")],
        responses={(200, "application/octet-stream"): OpenApiTypes.BINARY},
        filters=True,
    )
    @action(detail=False, methods=["get"])
    def export(self, request: ApiRequest) -> HttpResponseBase:
        """The entries of the same filters as a file, at most 50,000; that it was taken stands in the trail."""
        kind = request.query_params.get(_FILE, "jsonl")
        if kind not in KINDS:
            raise ValidationError({_FILE: f"Choose one of: {', '.join(KINDS)}."})
        found = self.filter_queryset(self.get_queryset())
        if found.order_by()[: MOST_EXPORTED + 1].count() > MOST_EXPORTED:
            raise TooManyRows
        response = export_response(found, kind)
        changes = {name: value for name, value in request.query_params.items() if name != _FILE}
        trail_record(actor=request.actor, action="trail.export", obj=request.actor.user, summary=kind, changes=changes)
        return response
