from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.db.models import QuerySet
from django.forms import GenericIPAddressField, MultipleHiddenInput, SelectMultiple
from django.http import QueryDict
from django_filters import CharFilter
from django_filters.rest_framework import DjangoFilterBackend, FilterSet
from django_filters.widgets import SuffixedMultiWidget
from rest_framework.exceptions import ValidationError
from rest_framework.filters import BaseFilterBackend, SearchFilter
from rest_framework.request import Request

MAX_SEARCH_LENGTH = 200


class StrictFilterSet(FilterSet):
    """A filter set whose fields and lookups are listed one by one."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        options = cls.__dict__.get("Meta")
        if getattr(options, "fields", None) == "__all__" or getattr(options, "exclude", None):
            raise ImproperlyConfigured(f"{cls.__name__} must list its fields.")


class AddressFilter(CharFilter):
    """An exact IP address; another text is refused before the database would be asked for it."""

    field_class = GenericIPAddressField


class TermSearch(SearchFilter):
    """`?search=` over the view's `search_fields`."""

    search_description = "Only what contains all of these words."

    def get_search_terms(self, request: Request) -> list[str]:
        """The words; raises ValidationError for a text that is too long."""
        if len(request.query_params.get(self.search_param, "")) > MAX_SEARCH_LENGTH:
            raise ValidationError({self.search_param: f"Search for at most {MAX_SEARCH_LENGTH} characters."})
        return super().get_search_terms(request)

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        """The parameter in OpenAPI, where the view searches at all."""
        return super().get_schema_operation_parameters(view) if view.search_fields else []


class ListedOrdering(BaseFilterBackend):
    """`?ordering=` by the view's `ordering_fields`, several with commas, `-` for descending; else its `ordering`."""

    parameter = "ordering"

    def filter_queryset(self, request: Request, queryset: QuerySet, view: Any) -> QuerySet:
        """The ordered queryset; raises ValidationError for a field that the view does not list."""
        asked = request.query_params.get(self.parameter)
        if asked is None:
            return queryset.order_by(*view.ordering)
        terms = asked.split(",")
        names = [term.removeprefix("-") for term in terms]
        if len(set(names)) != len(names) or not set(names) <= set(view.ordering_fields):
            allowed = ", ".join(view.ordering_fields)
            raise ValidationError({self.parameter: f"Order by {allowed}, each at most once, with - for descending."})
        return queryset.order_by(*terms)

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        """The parameter in OpenAPI."""
        if not view.ordering_fields:
            return []
        allowed = ", ".join(f"`{name}`" for name in view.ordering_fields)
        return [
            {
                "name": self.parameter,
                "in": "query",
                "required": False,
                "description": f"One or more of {allowed}, with commas between; `-` in front means descending.",
                "schema": {"type": "string"},
                "example": f"-{view.ordering_fields[0]}",
            }
        ]


FILTER_BACKENDS = (DjangoFilterBackend, TermSearch, ListedOrdering)


def filter_parameters(filterset: type[FilterSet]) -> dict[str, bool]:
    """The query parameters of a filter set, and whether each may be repeated."""
    found: dict[str, bool] = {}
    for name, each in filterset.base_filters.items():
        widget = each.field.widget
        if isinstance(widget, SuffixedMultiWidget):
            found |= {widget.suffixed(name, suffix): False for suffix in widget.suffixes}
        else:
            found[name] = isinstance(widget, SelectMultiple | MultipleHiddenInput)
    return found


def refuse_unknown_parameters(sent: QueryDict, allowed: Mapping[str, bool]) -> None:
    """Raise ValidationError for a parameter that would be ignored, or repeated where only one value can count."""
    errors: dict[str, ValidationError] = {}
    for name, values in sent.lists():
        if name not in allowed:
            errors[name] = ValidationError("There is no such query parameter here.", code="unknown_parameter")
        elif len(values) > 1 and not allowed[name]:
            errors[name] = ValidationError("Send this query parameter once.", code="repeated_parameter")
    if errors:
        raise ValidationError({name: error.detail for name, error in errors.items()})
