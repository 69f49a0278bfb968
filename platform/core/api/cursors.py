from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.core.exceptions import FieldDoesNotExist, ImproperlyConfigured, ValidationError
from django.core.signing import BadSignature, Signer
from django.db.models import Field, Q, QuerySet

from core.errors import LiveryError
from core.tenancy import scope_key


class InvalidCursor(LiveryError):
    """The cursor was changed, is another list's or tenant's, or was made for another ordering."""

    code = "invalid_cursor"
    title = "The cursor is not valid"
    message = "Start again without a cursor, and follow `next` and `previous` as they are."


@dataclass(frozen=True, slots=True)
class Term:
    """One column that a list is sorted by. PostgreSQL sorts NULL last, and first in descending order."""

    name: str
    descending: bool
    field: Field
    nullable: bool

    @property
    def ordering(self) -> str:
        """The term as `order_by` takes it."""
        return f"-{self.name}" if self.descending else self.name

    def reversed(self) -> "Term":
        """The same column the other way round."""
        return Term(self.name, not self.descending, self.field, self.nullable)

    def value_of(self, row: Any) -> Any:
        """The column's value in a row, also through relations."""
        for part in self.name.split("__"):
            row = None if row is None else getattr(row, part)
        return row

    def beyond(self, value: Any) -> Q | None:
        """The rows that sort strictly after a value; None where there are none."""
        if value is None:
            return Q(**{f"{self.name}__isnull": False}) if self.descending else None
        after = Q(**{f"{self.name}__{'lt' if self.descending else 'gt'}": value})
        return after | Q(**{f"{self.name}__isnull": True}) if self.nullable and not self.descending else after

    def at(self, value: Any) -> Q:
        """The rows that sort equal to a value."""
        return Q(**{f"{self.name}__isnull": True}) if value is None else Q(**{self.name: value})

    def bound(self, value: Any) -> Q:
        """A condition that all rows from a value on meet and that an index on the column can start from."""
        if self.nullable:
            return Q()
        return Q(**{f"{self.name}__{'lte' if self.descending else 'gte'}": value})


@dataclass(frozen=True, slots=True)
class Cursor:
    """A place in a list: the values of the row beside it, and whether to read on backwards from there."""

    values: tuple[Any, ...]
    backwards: bool = False


def terms_of(queryset: QuerySet) -> list[Term]:
    """What a queryset is sorted by, made total by the key, so that no two rows are equal.

    Raises ImproperlyConfigured for an ordering by expressions.
    """
    names = [name for name in queryset.query.order_by if isinstance(name, str) and name != "?"]
    if len(names) != len(queryset.query.order_by):
        raise ImproperlyConfigured("Lists are sorted by the names of fields and annotations.")
    if not {"pk", "-pk"} & set(names):
        names.append("-pk" if names and names[0].startswith("-") else "pk")
    return [_term(queryset, name.removeprefix("-"), name.startswith("-")) for name in names]


def after(terms: Sequence[Term], values: Sequence[Any]) -> Q:
    """The rows that come after the row with these values."""
    found = Q(pk__in=[])
    same = Q()
    for term, value in zip(terms, values, strict=True):
        beyond = term.beyond(value)
        if beyond is not None:
            found |= same & beyond
        same &= term.at(value)
    return terms[0].bound(values[0]) & found


def write_cursor(cursor: Cursor, terms: Sequence[Term], *, path: str) -> str:
    """The cursor as text, signed for the current tenant, a path and an ordering."""
    payload = {
        "order": [term.ordering for term in terms],
        "values": [_plain(value) for value in cursor.values],
        "backwards": cursor.backwards,
    }
    return _signer(path).sign_object(payload)


def read_cursor(text: str, terms: Sequence[Term], *, path: str) -> Cursor:
    """The cursor that `write_cursor` wrote; raises InvalidCursor for anything else."""
    try:
        payload = _signer(path).unsign_object(text)
    except (BadSignature, UnicodeError):
        raise InvalidCursor from None
    if payload["order"] != [term.ordering for term in terms]:
        raise InvalidCursor
    try:
        values = tuple(term.field.to_python(value) for term, value in zip(terms, payload["values"], strict=True))
    except ValidationError:
        raise InvalidCursor from None
    return Cursor(values, payload["backwards"])


def _signer(path: str) -> Signer:
    return Signer(salt=f"core.api.cursors {scope_key()} {path}", sep=".")


def _plain(value: Any) -> Any:
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal | UUID) else value


def _term(queryset: QuerySet, name: str, descending: bool) -> Term:
    annotation = queryset.query.annotations.get(name)
    if annotation is not None:
        return Term(name, descending, annotation.output_field, nullable=True)
    model, nullable = queryset.model, False
    for part in name.split("__"):
        try:
            field = model._meta.pk if part == "pk" else model._meta.get_field(part)
        except FieldDoesNotExist as error:
            raise ImproperlyConfigured(f"{model.__name__} cannot be sorted by {name}.") from error
        nullable = nullable or field.null
        model = field.related_model or model
    if field.is_relation and part == field.name:
        # Django would sort by the other model's own ordering; `<name>_id` sorts by the key.
        raise ImproperlyConfigured(f"{queryset.model.__name__} is sorted by {name}, which is a relation.")
    return Term(name, descending, field, nullable)
