from django.db.models import QuerySet
from django_filters import BooleanFilter
from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from core.api.authentication import ApiRequest
from core.api.filters import StrictFilterSet
from core.api.views import ApiView
from core.api.viewsets import ListMixin, RetrieveMixin, RoomViewSet, action
from shared_apps.console.api.serializers import DaysOutput, HealthOutput, MeasureOutput, OverviewOutput
from shared_apps.console.health import health_get
from shared_apps.console.models import TenantMeasure
from shared_apps.console.selectors import DAYS, measure_list, measured_days, overview_get
from shared_apps.console.services.measuring import measures_ask


class OverviewView(ApiView):
    """The whole fleet."""

    permission_actions = {"get": "console.view"}

    @extend_schema(operation_id="overview_retrieve", responses=OverviewOutput)
    def get(self, request: ApiRequest) -> Response:
        """Organisations by state, sign-ups, sizes, failures, queues and versions of the last 30 days."""
        return Response(OverviewOutput(overview_get()).data)


class HealthView(ApiView):
    """Whether the installation is well."""

    permission_actions = {"get": "console.view"}
    rate_class = "costly"

    @extend_schema(operation_id="health_retrieve", responses=HealthOutput)
    def get(self, request: ApiRequest) -> Response:
        """Checks, queues with their workers, scheduler, disk and versions, asked now."""
        return Response(HealthOutput(health_get()).data)


class MeasureFilter(StrictFilterSet):
    failed = BooleanFilter(method="by_failed", label="Whether work failed on the day of the count")
    waiting = BooleanFilter(method="by_waiting", label="Whether work waited at the count")

    class Meta:
        model = TenantMeasure
        fields: tuple[str, ...] = ()

    def by_failed(self, rows: QuerySet, name: str, value: bool) -> QuerySet:
        """Those with failures, or without."""
        return rows.filter(failed__gt=0) if value else rows.filter(failed=0)

    def by_waiting(self, rows: QuerySet, name: str, value: bool) -> QuerySet:
        """Those with waiting work, or without."""
        return rows.filter(waiting__gt=0) if value else rows.filter(waiting=0)


class MeasureViewSet(ListMixin, RetrieveMixin, RoomViewSet):
    """What was last counted in each organisation; `id` is the organisation's."""

    queryset = TenantMeasure.objects.none()
    serializer_class = MeasureOutput
    filterset_class = MeasureFilter
    search_fields = ("tenant__slug", "tenant__name")
    ordering_fields = ("size_bytes", "people_count", "waiting", "failed", "measured_at")
    permission_actions = {
        "list": "console.view",
        "retrieve": "console.view",
        "days": "console.view",
        "collect": "console.measure",
    }

    def get_queryset(self) -> QuerySet[TenantMeasure]:
        return measure_list()

    @extend_schema(responses=DaysOutput)
    @action(detail=True, methods=["get"])
    def days(self, request: ApiRequest, id: str) -> Response:
        """The last 30 days of an organisation."""
        measure = self.get_object()
        return Response(DaysOutput({"results": measured_days(measure.tenant_id)[:DAYS]}).data)

    @extend_schema(request=None, responses={202: None})
    @action(detail=False, methods=["post"])
    def collect(self, request: ApiRequest) -> Response:
        """Let the workers count everything now."""
        measures_ask(actor=request.actor)
        return Response(status=202)
