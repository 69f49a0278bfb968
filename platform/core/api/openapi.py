from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from django.urls import get_urlconf
from drf_spectacular.extensions import OpenApiAuthenticationExtension, OpenApiSerializerFieldExtension
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import get_lib_doc_excludes
from drf_spectacular.utils import OpenApiParameter

from core.api import idempotency
from core.api.errors import BROKEN, TooLarge
from core.api.examples import add_examples
from core.api.permissions import PUBLIC
from core.api.problems import PROBLEM_TYPE
from core.errors import Conflict, NotFound, PermissionRefused, Unavailable, Unprocessable

_EXAMPLE_REQUEST_ID = "0198c2d0-7c4a-7d3e-9f0b-2f6f5d1c8a01"
_PROBLEMS: dict[int, tuple[str, str, str]] = {
    400: ("validation_failed", "Some of the data is not valid", "Correct what `errors` names and send it again."),
    401: ("not_authenticated", "Credentials are needed", "Authentication credentials were not provided."),
    403: (PermissionRefused.code, PermissionRefused.title, "Your role does not allow you to do this."),
    404: (NotFound.code, NotFound.title, NotFound.message),
    409: (Conflict.code, Conflict.title, "Reload, and try again."),
    413: (TooLarge.code, TooLarge.title, TooLarge.message),
    415: ("unsupported_media_type", "This media type is not taken here", "Send application/json."),
    422: (Unprocessable.code, Unprocessable.title, "The period is closed."),
    429: ("rate_limited", "Too many requests", "Expected available in 7 seconds."),
    500: (BROKEN.code, str(BROKEN.title), str(BROKEN.detail)),
    503: (Unavailable.code, Unavailable.title, "Try again in a moment."),
}
PROBLEM = {
    "type": "object",
    "description": "RFC 9457. `type` identifies the kind of problem; `errors` names fields, nested ones with dots.",
    "required": ["type", "title", "status", "detail", "errors", "request_id"],
    "properties": {
        "type": {"type": "string", "format": "uri-reference"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["field", "code", "message"],
                "properties": {name: {"type": "string"} for name in ("field", "code", "message")},
            },
        },
        "request_id": {"type": "string"},
    },
}


class RoomSchema(AutoSchema):
    """Describes a view of the API: its body by action, ids as UUIDs, Idempotency-Key, and its problems."""

    def get_request_serializer(self) -> Any:
        """What the action reads; None where it takes no body."""
        if hasattr(self.view, "get_input_serializer_class"):
            return self.view.get_input_serializer_class()
        return super().get_request_serializer()

    def get_summary(self) -> str | None:
        """What stands beside the path: the description's first sentence."""
        return self.get_description().partition("\n")[0].partition(". ")[0].removesuffix(".") or None

    def get_override_parameters(self) -> list[Any]:
        """The parameters that no serializer or filter tells of."""
        if self.method in ("GET", "HEAD") or not getattr(self.view, "takes_idempotency_key", False):
            return []
        return [
            OpenApiParameter(
                idempotency.HEADER,
                location=OpenApiParameter.HEADER,
                required=getattr(self.view, "idempotency_required", False),
                description="A new UUID for each intended write; a retry with the same one repeats the first answer.",
                type={"type": "string", "minLength": 1, "maxLength": 255},
            )
        ]

    def get_auth(self) -> list[dict[str, Any]]:
        """The security schemes that the operation takes; none are needed for a public one."""
        return [{}] if self._is_public() else super().get_auth()

    def _is_public(self) -> bool:
        action = getattr(self.view, "action", None) or self.method.lower()
        return getattr(self.view, "permission_actions", {}).get(action) == PUBLIC

    def _resolve_path_parameters(self, variables: list[str]) -> list[dict[str, Any]]:
        parameters = super()._resolve_path_parameters(variables)
        for parameter in parameters:
            if parameter["name"] == getattr(self.view, "lookup_url_kwarg", None):
                parameter["schema"] = {"type": "string", "format": "uuid"}
        return parameters

    def _get_response_bodies(self, direction: Any = "response") -> dict[str, Any]:
        responses = super()._get_response_bodies(direction)
        for status in self._problem_statuses():
            responses.setdefault(str(status), {"$ref": f"#/components/responses/{_name(status)}"})
        return responses

    def _problem_statuses(self) -> list[int]:
        statuses = {400, 429, 500, 503}
        if not self._is_public():
            statuses |= {401, 403}
        if "{" in self.path:
            statuses.add(404)
        if self.method not in ("GET", "HEAD"):
            statuses |= {409, 413, 415, 422}
        return sorted(statuses)


class ActorAuthenticationScheme(OpenApiAuthenticationExtension):
    """Every ActorAuthentication describes itself."""

    target_class = "core.api.authentication.ActorAuthentication"
    match_subclasses = True

    @property
    def name(self) -> str:  # type: ignore[override]
        """The scheme's name in `securitySchemes`."""
        return self.target.scheme_name

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, Any]:
        """The Security Scheme Object."""
        return dict(self.target.scheme)


class MoneyComponent(OpenApiSerializerFieldExtension):
    """Money is one component, named everywhere."""

    target_class = "core.api.fields.MoneyField"
    match_subclasses = True

    def get_name(self) -> str:
        """The component's name."""
        return "Money"

    def map_serializer_field(self, auto_schema: AutoSchema, direction: Any) -> dict[str, Any]:
        """The schema."""
        return {
            "type": "object",
            "description": "The amount as text, so that no digit is lost; the currency is ISO 4217 or a wallet unit.",
            "required": ["amount", "currency"],
            "properties": {
                "amount": {"type": "string", "pattern": r"^-?(0|[1-9][0-9]{0,19})(\.[0-9]+)?$"},
                "currency": {"type": "string", "pattern": "^[A-Z]{3,6}$"},
            },
            "example": {"amount": "1234.50", "currency": "EUR"},
        }


class ReferenceSchema(OpenApiSerializerFieldExtension):
    """A reference is the other object's id."""

    target_class = "core.api.fields.ReferenceField"
    match_subclasses = True

    def map_serializer_field(self, auto_schema: AutoSchema, direction: Any) -> dict[str, Any]:
        """The schema."""
        return {"type": "string", "format": "uuid"}


def add_problems(result: dict[str, Any], **context: Any) -> dict[str, Any]:
    """Postprocessing hook: the components that the operations' problem responses refer to."""
    components = result.setdefault("components", {})
    components.setdefault("schemas", {})["Problem"] = PROBLEM
    components["responses"] = {_name(status): _problem_response(status) for status in _PROBLEMS}
    return result


def add_operation_examples(result: dict[str, Any], **context: Any) -> dict[str, Any]:
    """Postprocessing hook: an example for each body that has none."""
    add_examples(result)
    return result


def documentation_boundaries() -> list[type]:
    """Base classes whose docstrings speak to programmers of rooms, not to users of the API."""
    from core.api import serializers, views, viewsets

    own: list[type] = [serializers.StrictSerializer, serializers.StrictModelSerializer]
    own += [views.ApiView, viewsets.RoomViewSet]
    own += [getattr(viewsets, name) for name in viewsets.__all__ if name.endswith("Mixin")]
    return [*own, *get_lib_doc_excludes()]


_described: dict[tuple[Any, str], Mapping[str, Any]] = {}


def describe(*, title: str, language: str) -> dict[str, Any]:
    """The OpenAPI document of the current URL configuration; only its title differs between hosts."""
    key = (get_urlconf(), language)
    if key not in _described:
        _described[key] = SchemaGenerator(urlconf=get_urlconf()).get_schema(request=None, public=True)
    described = _described[key]
    return {**described, "info": {**described["info"], "title": title}}


def _name(status: int) -> str:
    return HTTPStatus(status).phrase.title().replace(" ", "").replace("-", "")


def _problem_response(status: int) -> dict[str, Any]:
    code, title, detail = _PROBLEMS[status]
    errors = [{"field": "lines.1.amount", "code": "invalid_amount", "message": "Only 2 decimals are allowed here."}]
    example = {
        "type": f"/problems/{code}",
        "title": title,
        "status": status,
        "detail": detail,
        "errors": errors if status == 400 else [],
        "request_id": _EXAMPLE_REQUEST_ID,
    }
    waiting = {"Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer"}}}
    return {
        "description": title,
        "headers": waiting if status in (409, 429, 503) else {},
        "content": {PROBLEM_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}, "example": example}},
    }
