from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.response import Response
from rest_framework.serializers import Serializer

from core.api.authentication import ApiRequest
from core.api.views import ApiView
from core.errors import FieldError, NotFound, Unprocessable
from core.permissions import require
from core.tenancy import directory
from shared_apps.console.api.serializers import (
    KNOWN_CHANGES,
    ChangesInput,
    ChangesOutput,
    DeleteInput,
    DryRunOutput,
    InsideOutput,
    OutcomeOutput,
)
from shared_apps.console.changes import CHANGES
from shared_apps.console.dry_runs import dry_run
from shared_apps.console.inside import inside_get
from shared_apps.console.services.changing import Outcome, tenants_change
from shared_apps.console.services.retrying import piece_retry
from shared_apps.tenants.selectors import tenant_list, tenant_with


class NotConfirmed(Unprocessable):
    """The organisation that was named to confirm is another one."""

    code = "not_confirmed"
    title = "The organisation was not confirmed"
    message = "Send the organisation's subdomain as `confirmation`."


class ConsoleView(ApiView):
    """A plain view that reads a body."""

    def read(self, serializer_class: type[Serializer]) -> dict[str, Any]:
        """The validated body; raises ValidationError."""
        serializer = serializer_class(data=self.request.data)
        serializer.is_valid(raise_exception=True)
        return serializer.validated_data


class InsideView(ConsoleView):
    """A live look at one organisation."""

    permission_actions = {"get": "console.view"}
    rate_class = "costly"

    @extend_schema(operation_id="tenants_inside", responses=InsideOutput)
    def get(self, request: ApiRequest, id: UUID) -> Response:
        """Who can get in, the tables by size, and the work that waits or failed."""
        inside = inside_get(directory().by_uuid(tenant_with(id).pk))
        return Response(InsideOutput(inside or {"access": None, "tables": [], "work": []}).data)


class DryRunView(ConsoleView):
    """What a change of an organisation's state would do."""

    permission_actions = {"get": "tenants.view"}
    query_parameters = ("change",)
    rate_class = "costly"

    @extend_schema(
        operation_id="tenants_dry_run",
        parameters=[OpenApiParameter("change", enum=KNOWN_CHANGES, required=True)],
        responses=DryRunOutput,
    )
    def get(self, request: ApiRequest, id: UUID) -> Response:
        """Whom and what it would touch, counted now. Nothing is changed."""
        change = CHANGES.get(request.query_params.get("change", ""))
        if change is None:
            raise ValidationError({"change": f"Name one of {', '.join(KNOWN_CHANGES)}."})
        require(change.action, request.actor)
        tenant = tenant_with(id)
        require(change.action, request.actor, tenant)
        return Response(DryRunOutput(dry_run(change=change, tenant=tenant)).data)


class DeleteView(ConsoleView):
    """The end of an organisation."""

    permission_actions = {"post": "tenants.delete"}

    @extend_schema(operation_id="tenants_delete", request=DeleteInput, responses=OutcomeOutput)
    def post(self, request: ApiRequest, id: UUID) -> Response:
        """Begin the deletion of an archived organisation. A worker removes its data within minutes, for good."""
        data = self.read(DeleteInput)
        tenant = tenant_with(id)
        require("tenants.delete", request.actor, tenant)
        if data["confirmation"] != tenant.slug:
            error = FieldError(field="confirmation", code="other_slug", message=NotConfirmed.message)
            raise NotConfirmed(errors=[error])
        changed = CHANGES["delete"].service(tenant=tenant, actor=request.actor, reason=data["reason"])
        return Response(OutcomeOutput(Outcome(changed, is_done=True)).data)


class ChangesView(ConsoleView):
    """One change of several organisations."""

    permission_actions = {"post": "tenants.change_state"}
    rate_class = "costly"

    @extend_schema(operation_id="tenants_changes", request=ChangesInput, responses=ChangesOutput)
    def post(self, request: ApiRequest) -> Response:
        """Suspend, hold or resume several organisations, each on its own: what one refuses stops no other."""
        data = self.read(ChangesInput)
        wanted = set(data["tenants"])
        tenants = list(tenant_list().filter(pk__in=wanted).order_by("pk"))
        if len(tenants) != len(wanted):
            raise NotFound
        change = CHANGES[data["change"]]
        outcomes = tenants_change(change=change, tenants=tenants, reason=data["reason"], actor=request.actor)
        return Response(ChangesOutput({"results": outcomes}).data)


class RetryView(ConsoleView):
    """Work of an organisation that failed."""

    permission_actions = {"post": "console.retry"}
    # The work is in the organisation's own schema, so it cannot share a transaction with a kept answer. What is done
    # twice is refused the second time.
    takes_idempotency_key = False

    @extend_schema(operation_id="tenants_work_retry", request=None, responses={204: None})
    def post(self, request: ApiRequest, id: UUID, backlog: str, piece: UUID) -> Response:
        """Begin an event or a job anew; both trails say so."""
        piece_retry(tenant_id=id, backlog=backlog, piece_id=piece, actor=request.actor)
        return Response(status=204)
