"""A row for every table, made from its columns alone, so that a new table has one without anyone remembering."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any
from uuid import UUID

from django.apps import apps
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import Error, models
from django.db.models.fields import NOT_PROVIDED

from core.tenancy import atomic, require_scope
from tests.support.factories.passkeys import Passkey

FUTURE = datetime(2099, 1, 1, tzinfo=UTC)
# Rows of these would change what the platform itself does while the tests run.
MACHINERY = frozenset({"tenants.templatestep", "tenants.warmschema"})
# Posting alone writes these; the database refuses everything else.
WRITTEN_BY_THE_LEDGER = frozenset(
    {
        "accounting.accountbalance",
        "accounting.closingnumber",
        "accounting.daytotal",
        "accounting.hold",
        "accounting.holdending",
        "accounting.journalline",
        "accounting.numberseries",
        "proofs.leaf",
    }
)
# Tables that hold one row at most: the first that is given.
ONE_ROW = frozenset(
    {"accounting.ledgersettings", "accounting.periodlock", "organisation.organisation", "users.signinpolicy"}
)


@dataclass(frozen=True, slots=True)
class RowKey:
    """The ids of one row, the same in every table: as a UUID and as a number."""

    uuid: UUID
    number: int


class RowRefused(AssertionError):
    """A table that cannot be filled from its columns alone."""


Values = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Filling:
    """What the rows of one schema have in common: the mark in their texts, and the person whom they belong to."""

    mark: str
    person: UUID

    def text(self, row: RowKey) -> str:
        """A text that no other schema and no other row has."""
        return f"{self.mark}{row.number}"


# What a table needs beyond its columns' types: the words of its constraints.
SPECIAL: dict[str, Callable[[RowKey, Filling], Values]] = {
    "account.emailaddress": lambda row, fill: {"primary": False, "verified": False},
    "accounting.fiscalyear": lambda row, fill: _own_days(row),
    "accounting.journalentry": lambda row, fill: {
        "series_id": None,
        "number": None,
        "approved_by": None,
        "idempotency_key": None,
        "fingerprint": None,
        **dict.fromkeys(("source_room", "source_id", "source_event"), ""),
    },
    "accounting.ledgersettings": lambda row, fill: {"id": 1, "base_currency": "EUR", "base_exponent": 2},
    "accounting.lockexception": lambda row, fill: {"granted_by": "a second person"},
    "accounting.period": lambda row, fill: _own_days(row),
    "accounting.rate": lambda row, fill: {"base": "EUR"},
    "events.outboxevent": lambda row, fill: {"subject_id": str(row.uuid)},
    "jobs.idempotencyrecord": lambda row, fill: {"token": row.uuid, "lease_until": FUTURE, "answer_status": None},
    "jobs.taskrun": lambda row, fill: {"requested_by_kind": "user", "requested_by_id": str(fill.person)},
    "mfa.authenticator": lambda row, fill: {
        "type": "webauthn",
        "data": {"name": fill.text(row), "credential": _passkey(row)},
    },
    "notifications.notification": lambda row, fill: {"url": f"/{fill.text(row)}/", "icon": "bell"},
    "organisation.organisation": lambda row, fill: {
        "id": 1,
        "country": "AF",
        "currency": "EUR",
        "email": "",
        "phone": "",
        "postal_code": "",
    },
    "sessions.session": lambda row, fill: {"session_key": f"session-of-row-{row.number}"},
    "signup.signup": lambda row, fill: {"tenant_id": None, "held": None},
    "tenants.fleetitem": lambda row, fill: {"wave": 1},
    "tenants.fleetrun": lambda row, fill: {"state": "finished", "waves": [100]},
    "tenants.tenant": lambda row, fill: {
        "cell": "default",
        "owner": {},
        "schema_name": None,
        "slug": fill.text(row),
        "state": "requested",
        "resume_state": "",
    },
    "users.apikey": lambda row, fill: {
        "credential_version": 1,
        "public_id": f"row{row.number}",
        "scopes": ["trail.view"],
    },
    "users.signinpolicy": lambda row, fill: {"id": 1},
    "users.tokenfamily": lambda row, fill: {"credential_version": 1, "revoked_for": ""},
    "users.user": lambda row, fill: {"language": "", "time_zone": ""},
    "usersessions.usersession": lambda row, fill: {"session_key": f"session-of-row-{row.number}"},
}


def fill_tables(row: RowKey, filling: Filling) -> list[str]:
    """Insert one row into every table of the current schema; returns the models' labels. Raises RowRefused."""
    labels = []
    for model in _in_order(_models_here()):
        try:
            with atomic():
                once = model._meta.label_lower in ONE_ROW
                model._base_manager.bulk_create([model(**row_of(model, row, filling))], ignore_conflicts=once)
        except (Error, TypeError, ValueError) as error:
            raise RowRefused(
                f"{model._meta.label} is new here: say in SPECIAL of tests/support/factories/rows.py what a row of it"
                f" needs beyond its columns' types, as here {error}"
            ) from None
        labels.append(model._meta.label)
    return labels


def row_of(model: type[models.Model], row: RowKey, filling: Filling) -> Values:
    """The values of one row, by the names of the columns."""
    values = {
        field.attname: _value(field, row, filling)
        for field in model._meta.concrete_fields
        if not field.generated and not (field.db_default is not NOT_PROVIDED and isinstance(field, models.IntegerField))
    }
    return values | SPECIAL.get(model._meta.label_lower, lambda *_: {})(row, filling)


def _models_here() -> list[type[models.Model]]:
    installed = settings.SHARED_APPS if require_scope().is_platform else settings.TENANT_APPS
    return [
        model
        for model in apps.get_models(include_auto_created=True)
        if model._meta.app_config.name in installed
        and model._meta.managed
        and model._meta.label_lower not in MACHINERY | WRITTEN_BY_THE_LEDGER
    ]


def _in_order(found: list[type[models.Model]]) -> Iterator[type[models.Model]]:
    """Each model after those that it refers to."""
    done: set[type[models.Model]] = set()

    def visit(model: type[models.Model]) -> Iterator[type[models.Model]]:
        if model in done or model not in found:
            return
        done.add(model)
        for field in model._meta.concrete_fields:
            if field.remote_field is not None:
                yield from visit(field.remote_field.model)
        yield model

    for model in found:
        yield from visit(model)


def _value(field: Any, row: RowKey, filling: Filling) -> Any:
    if field.remote_field is not None:
        return _reference(field, row, filling)
    if isinstance(field, models.UUIDField):
        return row.uuid
    if field.primary_key and isinstance(field, models.IntegerField):
        return row.number
    if field.choices:
        return field.get_default() if field.has_default() else field.flatchoices[0][0]
    marked = _marked(field, row, filling)
    if marked is not None:
        return marked
    if field.null:
        return None
    return field.get_default() if field.has_default() else _plain(field, row)


def _reference(field: Any, row: RowKey, filling: Filling) -> Any:
    target = field.remote_field.model
    if target._meta.label_lower == settings.AUTH_USER_MODEL.lower():
        return filling.person
    if target is field.model:
        return None
    return row_of(target, row, filling)[target._meta.pk.attname]


def _marked(field: Any, row: RowKey, filling: Filling) -> Any:
    """A value that shows whose row it is, None for a column that holds no text."""
    text = filling.text(row)
    if isinstance(field, models.EmailField):
        return f"{text}@example.org"
    if isinstance(field, models.URLField):
        return f"https://{text}.example.org/"
    if isinstance(field, models.CharField | models.TextField):
        return text[: field.max_length]
    if isinstance(field, models.JSONField):
        return {"text": text}
    if isinstance(field, ArrayField):
        return [_value(field.base_field, row, filling)]
    if isinstance(field, models.BinaryField):
        return text.encode()
    return None


def _plain(field: Any, row: RowKey) -> Any:
    if isinstance(field, models.DateTimeField):
        return FUTURE
    if isinstance(field, models.DateField):
        return FUTURE.date()
    if isinstance(field, models.BooleanField):
        return False
    if isinstance(field, models.IntegerField | models.DecimalField):
        return row.number
    if isinstance(field, models.GenericIPAddressField):
        return "192.0.2.1"
    raise ValueError(f"{field} has a type that no row was made of before")


def _own_days(row: RowKey) -> Values:
    """Days that no other row has."""
    day = FUTURE.date() + timedelta(days=row.number)
    return {"starts_on": day, "ends_on": day}


@cache
def _passkey(row: RowKey) -> Values:
    """The same passkey in every schema."""
    asked = {"user": {"id": "YWRh"}, "rp": {"id": "example.org"}, "challenge": "YXNr"}
    made: Values = json.loads(Passkey().create({"publicKey": asked}, origin="https://example.org"))
    return made
