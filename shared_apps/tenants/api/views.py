from collections.abc import Callable
from typing import Any

from django.db.models import QuerySet
from rest_framework.response import Response

from core.api.authentication import ApiRequest
from core.api.viewsets import CreateMixin, ListMixin, RetrieveMixin, RoomViewSet, action
from shared_apps.tenants.api.filters import TenantFilter
from shared_apps.tenants.api.serializers import ReasonInput, TenantInput, TenantOutput
from shared_apps.tenants.models import Tenant
from shared_apps.tenants.selectors import tenant_list
from shared_apps.tenants.services import (
    Owner,
    tenant_archive,
    tenant_create,
    tenant_make_read_only,
    tenant_resume,
    tenant_suspend,
)

_CHANGES = ("suspend", "read_only", "resume", "archive")


class TenantViewSet(ListMixin, RetrieveMixin, CreateMixin, RoomViewSet):
    """Organisations. A new one is `requested` and becomes `active` when a worker has made its tables."""

    queryset = Tenant.objects.none()
    serializer_class = TenantOutput
    input_serializers = {"create": TenantInput, **dict.fromkeys(_CHANGES, ReasonInput)}
    filterset_class = TenantFilter
    search_fields = ("slug", "name")
    ordering_fields = ("created_at", "name", "slug")
    permission_actions = {
        "list": "tenants.view",
        "retrieve": "tenants.view",
        "create": "tenants.create",
        **dict.fromkeys(_CHANGES, "tenants.change_state"),
    }

    def get_queryset(self) -> QuerySet[Tenant]:
        return tenant_list()

    def perform_create(self, data: dict[str, Any]) -> Tenant:
        """Enter it in the registry; a worker makes it usable."""
        owner = Owner(email=data["owner_email"], name=data["owner_name"])
        return tenant_create(slug=data["slug"], name=data["name"], owner=owner, actor=self.request.actor)

    @action(detail=True, methods=["post"])
    def suspend(self, request: ApiRequest, id: str) -> Response:
        """Stop serving it; nothing is lost."""
        return self._change(tenant_suspend)

    @action(detail=True, methods=["post"], url_path="read-only")
    def read_only(self, request: ApiRequest, id: str) -> Response:
        """Let its people read, but change nothing."""
        return self._change(tenant_make_read_only)

    @action(detail=True, methods=["post"])
    def resume(self, request: ApiRequest, id: str) -> Response:
        """Lead it back from suspended, read-only or archived."""
        return self._change(tenant_resume)

    @action(detail=True, methods=["post"])
    def archive(self, request: ApiRequest, id: str) -> Response:
        """Close it and keep its data."""
        return self._change(tenant_archive)

    def _change(self, service: Callable[..., Tenant]) -> Response:
        tenant = self.get_object()
        return self.answered(service(tenant=tenant, actor=self.request.actor, **self.parsed()))
