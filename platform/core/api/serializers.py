from collections.abc import Mapping
from typing import Any, cast

from django.core.exceptions import ImproperlyConfigured
from django.db import models
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.utils import html

from core.api.fields import ExactDecimalField, ExactIntegerField


class StrictSerializer(serializers.Serializer):
    """Refuses input that would be ignored, and leaves writing to services."""

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        """Validate; raises ValidationError that also names every field that is unknown or the server's own."""
        strange = self._strange_fields(data) if isinstance(data, Mapping) else {}
        try:
            value = super().to_internal_value(data)
        except ValidationError as error:
            raise ValidationError({**cast(dict[str, Any], error.detail), **strange}) from error
        if strange:
            raise ValidationError(strange)
        return value

    def save(self, **values: Any) -> Any:
        """Not here: a service writes."""
        raise TypeError("Serializers do not write; call a service with `validated_data`.")

    def _strange_fields(self, data: Mapping[str, Any]) -> dict[str, list[ErrorDetail]]:
        strange = {}
        for sent in data:
            # A form names nested fields `address.city` and `lines[0]`.
            name = sent.partition(".")[0].partition("[")[0] if html.is_html_input(data) else sent
            field = self.fields.get(name)
            if field is None:
                strange[sent] = [ErrorDetail("There is no such field.", code="unknown_field")]
            elif field.read_only:
                strange[sent] = [ErrorDetail("The server sets this field.", code="read_only")]
        return strange


class StrictModelSerializer(StrictSerializer, serializers.ModelSerializer):
    """A model's serializer; `fields` lists every field, and relations can only be read unless they are declared."""

    serializer_field_mapping = {
        **{
            column: ExactIntegerField if field is serializers.IntegerField else field
            for column, field in serializers.ModelSerializer.serializer_field_mapping.items()
        },
        models.DecimalField: ExactDecimalField,
    }

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        options = cls.__dict__.get("Meta")
        if options is not None and not isinstance(getattr(options, "fields", None), list | tuple):
            raise ImproperlyConfigured(f"{cls.__name__} must list its fields.")

    def build_standard_field(self, field_name: str, model_field: Any) -> tuple[type, dict[str, Any]]:
        """A column; keys are given by the server."""
        field_class, options = super().build_standard_field(field_name, model_field)
        return field_class, {"read_only": True} if model_field.primary_key else options

    def build_relational_field(self, field_name: str, relation_info: Any) -> tuple[type, dict[str, Any]]:
        """A relation as ids that can only be read: DRF's own field would accept any object of the tenant."""
        field_class, options = super().build_relational_field(field_name, relation_info)
        many = {"many": True} if options.get("many") else {}
        return field_class, {"read_only": True, **many}
