from collections.abc import Mapping
from typing import Any, ClassVar

from django.core.exceptions import ImproperlyConfigured
from django.db.models import QuerySet
from rest_framework.decorators import action
from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer
from rest_framework.viewsets import GenericViewSet

from core.api.authentication import ApiRequest
from core.api.fields import parse_uuid
from core.api.filters import FILTER_BACKENDS, filter_parameters
from core.api.pagination import PARAMETERS, KeysetPagination
from core.api.views import ApiView
from core.errors import NotFound

__all__ = ["CreateMixin", "DeleteMixin", "ListMixin", "RetrieveMixin", "RoomViewSet", "UpdateMixin", "action"]


class RoomViewSet(ApiView, GenericViewSet):
    """A resource of a room: parse, ask the permission, call the service, answer.

    `serializer_class` writes answers; `input_serializers` reads the body of each action that takes one.
    """

    input_serializers: ClassVar[Mapping[str, type[BaseSerializer]]] = {}
    lookup_url_kwarg = "id"
    lookup_value_converter = "str"
    pagination_class = KeysetPagination
    filter_backends = FILTER_BACKENDS
    filterset_class: ClassVar[Any] = None
    search_fields: ClassVar[tuple[str, ...]] = ()
    ordering_fields: ClassVar[tuple[str, ...]] = ()
    ordering: ClassVar[tuple[str, ...]] = ("-pk",)

    def get_queryset(self) -> QuerySet:
        """What the actor may see: a selector called with `actor=self.request.actor`."""
        raise ImproperlyConfigured(f"{type(self).__name__} must get its queryset from a selector.")

    def get_object(self) -> Any:
        """The object that the URL names; raises NotFound alike for a malformed id, a missing and a hidden object."""
        key = parse_uuid(self.kwargs[self.lookup_url_kwarg])
        found = None if key is None else self.get_queryset().filter(pk=key).first()
        if found is None:
            raise NotFound
        self.check_object_permissions(self.request, found)
        return found

    def get_query_parameters(self) -> dict[str, bool]:
        """Besides the view's own: those of paging, search, ordering and filters, on the list."""
        allowed = super().get_query_parameters()
        if self.action != "list":
            return allowed
        allowed |= dict.fromkeys(PARAMETERS, False)
        if self.search_fields:
            allowed["search"] = False
        if self.ordering_fields:
            allowed["ordering"] = False
        if self.filterset_class is not None:
            allowed |= filter_parameters(self.filterset_class)
        return allowed

    def get_input_serializer_class(self) -> type[BaseSerializer] | None:
        """What reads the body of the current action; None for an action without one."""
        if self.action in self.input_serializers:
            return self.input_serializers[self.action]
        return self.serializer_class if self.action in ("create", "update", "partial_update") else None

    def parsed(self, *, instance: Any = None, partial: bool = False) -> dict[str, Any]:
        """The validated body; raises ValidationError, also for a body that the action does not take."""
        serializer_class = self.get_input_serializer_class()
        if serializer_class is None:
            _refuse_body(self.request)
            return {}
        serializer = serializer_class(
            instance, data=self.request.data, partial=partial, context=self.get_serializer_context()
        )
        serializer.is_valid(raise_exception=True)
        return serializer.validated_data

    def answered(self, obj: Any, *, status: int = 200) -> Response:
        """An object as the resource writes it; 201 also says where it is."""
        headers = {}
        if status == 201 and hasattr(self, "retrieve"):
            headers["Location"] = self.reverse_action("detail", kwargs={self.lookup_url_kwarg: obj.pk}, request=None)
        return Response(self.get_serializer(obj).data, status=status, headers=headers)


class ListMixin(RoomViewSet):
    """`GET …/`: one page."""

    def list(self, request: ApiRequest, *args: Any, **kwargs: Any) -> Response:
        """One page of what you may see."""
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(self.get_serializer(page, many=True).data)


class RetrieveMixin(RoomViewSet):
    """`GET …/{id}/`."""

    def retrieve(self, request: ApiRequest, *args: Any, **kwargs: Any) -> Response:
        """One object."""
        return self.answered(self.get_object())


class CreateMixin(RoomViewSet):
    """`POST …/`."""

    def create(self, request: ApiRequest, *args: Any, **kwargs: Any) -> Response:
        """Create an object."""
        return self.answered(self.perform_create(self.parsed()), status=201)

    def perform_create(self, data: dict[str, Any]) -> Any:
        """Call the service that creates, and return its object."""
        raise NotImplementedError


class UpdateMixin(RoomViewSet):
    """`PUT …/{id}/` with all fields, `PATCH …/{id}/` with some."""

    def update(self, request: ApiRequest, *args: Any, **kwargs: Any) -> Response:
        """Change an object, all of its fields."""
        obj = self.get_object()
        return self.answered(self.perform_update(obj, self.parsed(instance=obj)))

    def partial_update(self, request: ApiRequest, *args: Any, **kwargs: Any) -> Response:
        """Change some fields of an object."""
        obj = self.get_object()
        return self.answered(self.perform_update(obj, self.parsed(instance=obj, partial=True)))

    def perform_update(self, obj: Any, data: dict[str, Any]) -> Any:
        """Call the service that changes, and return its object."""
        raise NotImplementedError


class DeleteMixin(RoomViewSet):
    """`DELETE …/{id}/`."""

    def destroy(self, request: ApiRequest, *args: Any, **kwargs: Any) -> Response:
        """Delete an object."""
        obj = self.get_object()
        self.parsed()
        self.perform_delete(obj)
        return Response(status=204)

    def perform_delete(self, obj: Any) -> None:
        """Call the service that deletes."""
        raise NotImplementedError


def _refuse_body(request: ApiRequest) -> None:
    if request.data:
        names = request.data if isinstance(request.data, Mapping) else [""]
        raise ValidationError({name: ErrorDetail("There is no such field.", code="unknown_field") for name in names})
