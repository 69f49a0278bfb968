from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from core.api.authentication import ApiRequest
from core.api.viewsets import CreateMixin, ListMixin, RetrieveMixin, RoomViewSet
from shared_apps.console.api.serializers import (
    FleetOutput,
    OrderInput,
    OrderOutput,
    ReasonInput,
    RunOutput,
    SkipInput,
)
from shared_apps.console.api.views.organisations import ConsoleView
from shared_apps.console.choices import OrderKind
from shared_apps.console.fleet_state import fleet_state
from shared_apps.console.models import FleetOrder
from shared_apps.console.selectors import order_list
from shared_apps.console.services.orders import fleet_go_on, order_place
from shared_apps.tenants.selectors import fleet_runs, tenant_with
from shared_apps.tenants.services import fleet_pause, fleet_skip


class FleetView(ConsoleView):
    """The tables of all organisations."""

    permission_actions = {"get": "fleet.view"}

    @extend_schema(operation_id="fleet_retrieve", responses=FleetOutput)
    def get(self, request: ApiRequest) -> Response:
        """The newest version, who lags, the newest run with its waves and failures, and the warm pool."""
        return Response(FleetOutput(fleet_state()).data)


class RunViewSet(ListMixin, RetrieveMixin, RoomViewSet):
    """Migrations of the fleet, newest first."""

    serializer_class = RunOutput
    ordering = ("-started_at", "-id")
    permission_actions = {"list": "fleet.view", "retrieve": "fleet.view"}

    def get_queryset(self) -> QuerySet:
        return fleet_runs()


class OrderViewSet(ListMixin, RetrieveMixin, CreateMixin, RoomViewSet):
    """What workers were asked to do over the fleet: `migrate`, `verify`, `warm`. Ask, then look until it is `done`."""

    queryset = FleetOrder.objects.none()
    serializer_class = OrderOutput
    input_serializers = {"create": OrderInput}
    permission_actions = {"list": "fleet.view", "retrieve": "fleet.view", "create": "fleet.change"}

    def get_queryset(self) -> QuerySet[FleetOrder]:
        return order_list()

    def perform_create(self, data: dict[str, Any]) -> FleetOrder:
        """Queue it; 409 while the same is under way."""
        arguments = {"tenant": str(tenant_with(data["tenant"]).pk)} if "tenant" in data else {}
        return order_place(kind=OrderKind(data["kind"]), actor=self.request.actor, arguments=arguments)


class PauseView(ConsoleView):
    """The open run."""

    permission_actions = {"post": "fleet.change"}

    @extend_schema(operation_id="fleet_pause", request=ReasonInput, responses={204: None})
    def post(self, request: ApiRequest) -> Response:
        """Stop after the organisation that is being migrated."""
        fleet_pause(actor=request.actor, **self.read(ReasonInput))
        return Response(status=204)


class ResumeView(ConsoleView):
    """A run that was stopped."""

    permission_actions = {"post": "fleet.change"}

    @extend_schema(operation_id="fleet_resume", request=None, responses={201: OrderOutput})
    def post(self, request: ApiRequest) -> Response:
        """Take the pause back and go on."""
        return Response(OrderOutput(fleet_go_on(actor=request.actor)).data, status=201)


class SkipView(ConsoleView):
    """One organisation of the open run."""

    permission_actions = {"post": "fleet.change"}

    @extend_schema(operation_id="fleet_skip", request=SkipInput, responses={204: None})
    def post(self, request: ApiRequest) -> Response:
        """Leave it out: it answers 503 until a later run includes it."""
        data = self.read(SkipInput)
        tenant = tenant_with(data["tenant"])
        fleet_skip(schema=str(tenant.schema_name), reason=data["reason"], actor=request.actor)
        return Response(status=204)
