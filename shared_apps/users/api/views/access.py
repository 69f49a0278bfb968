from datetime import timedelta
from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from core.api.authentication import ApiRequest
from core.api.fields import parse_uuid
from core.api.permissions import SIGNED_IN
from core.api.viewsets import CreateMixin, DeleteMixin, ListMixin, RetrieveMixin, RoomViewSet, UpdateMixin, action
from core.errors import NotFound, PermissionRefused
from shared_apps.users.actors import person_of
from shared_apps.users.api.serializers import (
    ApiKeyInput,
    ApiKeyOutput,
    DeviceListOutput,
    DeviceOutput,
    NewApiKeyOutput,
    RoleInput,
    RoleOutput,
    RotateInput,
)
from shared_apps.users.credentials import ApiKeyText
from shared_apps.users.filters import ApiKeyFilter
from shared_apps.users.models import ApiKey, Role, TokenFamily
from shared_apps.users.selectors import api_key_list, devices_of, role_list, role_permissions
from shared_apps.users.services import (
    api_key_create,
    api_key_revoke,
    api_key_rotate,
    device_sign_out,
    role_change,
    role_create,
    role_delete,
    sign_out_everywhere,
)


class RoleViewSet(ListMixin, RetrieveMixin, CreateMixin, UpdateMixin, DeleteMixin, RoomViewSet):
    """Roles and the actions that they allow. Built-in ones stay as they are; make a copy and change that."""

    serializer_class = RoleOutput
    input_serializers = {"create": RoleInput, "update": RoleInput, "partial_update": RoleInput}
    permission_actions = {
        "list": "roles.view",
        "retrieve": "roles.view",
        "create": "roles.edit",
        "update": "roles.edit",
        "partial_update": "roles.edit",
        "destroy": "roles.edit",
    }

    def get_queryset(self) -> QuerySet[Role]:
        return role_list()

    def perform_create(self, data: dict[str, Any]) -> Role:
        """Make a role of the organisation's own."""
        return role_create(actor=self.request.actor, **data)

    def perform_update(self, obj: Role, data: dict[str, Any]) -> Role:
        """Change a role; what is left out stays."""
        kept = {"name": obj.name, "permissions": sorted(role_permissions(obj))}
        return role_change(role=obj, actor=self.request.actor, **{**kept, **data})

    def perform_delete(self, obj: Role) -> None:
        """Delete a role that nobody has."""
        role_delete(role=obj, actor=self.request.actor)


class ApiKeyViewSet(ListMixin, RetrieveMixin, DeleteMixin, RoomViewSet):
    """Your API keys; with `api_keys.manage`, everybody's."""

    queryset = ApiKey.objects.none()
    serializer_class = ApiKeyOutput
    # A kept answer would keep the key.
    takes_idempotency_key = False
    filterset_class = ApiKeyFilter
    search_fields = ("name", "public_id")
    input_serializers = {"create": ApiKeyInput, "rotate": RotateInput}
    permission_actions = {
        "list": "api_keys.view",
        "retrieve": "api_keys.view",
        "create": "api_keys.create",
        "revoke": "api_keys.revoke",
        "rotate": "api_keys.create",
        "destroy": "api_keys.revoke",
    }

    def get_queryset(self) -> QuerySet[ApiKey]:
        return api_key_list(self.request.actor)

    @extend_schema(responses={201: NewApiKeyOutput})
    def create(self, request: ApiRequest) -> Response:
        """Make a key. `key` is in this one answer and is not kept."""
        key, text = api_key_create(owner=person_of(request), actor=request.actor, **self.parsed())
        return self._shown_once(key, text)

    @extend_schema(responses={201: NewApiKeyOutput})
    @action(detail=True, methods=["post"])
    def rotate(self, request: ApiRequest, id: str) -> Response:
        """Replace a key of your own by a new one of the same name, scopes and lifetime."""
        key = self.get_object()
        overlap = timedelta(hours=self.parsed()["overlap_hours"])
        return self._shown_once(*api_key_rotate(key=key, overlap=overlap, actor=request.actor))

    def _shown_once(self, key: ApiKey, text: ApiKeyText) -> Response:
        answer = self.answered(key, status=201)
        answer.data = {**answer.data, "key": str(text)}
        return answer

    @action(detail=True, methods=["post"])
    def revoke(self, request: ApiRequest, id: str) -> Response:
        """End a key for good."""
        key = self.get_object()
        self.parsed()
        return self.answered(api_key_revoke(key=key, actor=request.actor))

    def perform_delete(self, obj: ApiKey) -> None:
        """The same as `revoke`: the row stays, so that the trail can name it."""
        api_key_revoke(key=obj, actor=self.request.actor)


class SessionViewSet(RoomViewSet):
    """Where you are signed in: browsers, and programs that refresh tokens."""

    queryset = TokenFamily.objects.none()
    serializer_class = DeviceOutput
    permission_actions = {"list": SIGNED_IN, "destroy": SIGNED_IN, "everywhere": SIGNED_IN}

    @extend_schema(operation_id="sessions_list", responses=DeviceListOutput)
    def list(self, request: ApiRequest) -> Response:
        """All of them on one page, newest first."""
        self._require_person()
        kind, detail = request.credential.kind, request.credential.detail
        devices = devices_of(
            person_of(request),
            session_key=detail if kind == "session" else None,
            family=detail if kind == "token" else None,
        )
        return Response({"next": None, "previous": None, "results": DeviceOutput(devices, many=True).data})

    @extend_schema(responses={204: None})
    def destroy(self, request: ApiRequest, id: str) -> Response:
        """Sign out there."""
        self._require_person()
        device = parse_uuid(id)
        if device is None:
            raise NotFound
        device_sign_out(user=person_of(request), device_id=device, actor=request.actor)
        return Response(status=204)

    @extend_schema(request=None, responses={204: None})
    @action(detail=False, methods=["delete"])
    def everywhere(self, request: ApiRequest) -> Response:
        """Sign out everywhere, here too; API keys end as well."""
        self._require_person()
        sign_out_everywhere(user=person_of(request), actor=request.actor)
        return Response(status=204)

    def _require_person(self) -> None:
        if self.request.actor.kind != "user":
            raise PermissionRefused("An API key has no say over its owner's sessions.")
