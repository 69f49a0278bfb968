"""Record once: what Django's migrations do to the template schema is kept as SQL, step by step."""

import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import transaction
from django.db.migrations import Migration, RunPython, SeparateDatabaseAndState
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from core.errors import LiveryError
from core.tenancy.backend.base import DatabaseWrapper, owner_context
from core.tenancy.context import PLATFORM_CELL
from shared_apps.tenants.fleet.names import TEMPLATE_SCHEMA
from shared_apps.tenants.fleet.schemas import schema_create, schema_exists
from shared_apps.tenants.fleet.shape import shape
from shared_apps.tenants.models import TemplateStep

_LOCK = 0x1E5E41
_STEP_TABLE = "public.tenants_templatestep"


class UnrecordableMigration(LiveryError):
    """A migration of a tenant's app cannot be replayed."""

    code = "unrecordable_migration"
    title = "This migration cannot be replayed in a transaction"


def tenant_app_labels() -> set[str]:
    """The labels of the apps whose tables every tenant has."""
    return {config.label for config in apps.get_app_configs() if config.name in settings.TENANT_APPS}


@cache
def code_migrations() -> frozenset[tuple[str, str]]:
    """The migrations of tenants' tables that this version of the code brings."""
    labels = tenant_app_labels()
    loader = MigrationLoader(None, ignore_no_migrations=True)
    return frozenset(key for key in loader.disk_migrations if key[0] in labels)


def template_record(*, report: Callable[[str], None] = lambda line: None) -> int:
    """Bring the template up to the code's migrations, recording each as a step; returns how many were new.

    Each step is one transaction with its record, so an interruption leaves whole steps. One recorder works at a time.
    """
    with owner_context(cell=PLATFORM_CELL, schema=TEMPLATE_SCHEMA) as connection, _one_recorder(connection):
        with transaction.atomic(using=PLATFORM_CELL):
            if not schema_exists(connection, TEMPLATE_SCHEMA):
                schema_create(connection, TEMPLATE_SCHEMA)
        new = 0
        if not MigrationRecorder(connection).has_table():
            _record(connection, "", "django_migrations", TemplateStep.Kind.SQL, _migration_table(connection))
            new = 1
        executor = MigrationExecutor(connection)
        labels = tenant_app_labels()
        plan = executor.migration_plan([key for key in executor.loader.graph.leaf_nodes() if key[0] in labels])
        state = executor._create_project_state(with_applied_migrations=True)
        for migration, _backwards in plan:
            report(f"  recording {migration}")
            state = _record_migration(connection, executor, state, migration)
        _keep_shape(connection)
        return new + len(plan)


def needs_python(migration: Migration) -> bool:
    """Whether a migration computes with rows, so that its recorded SQL fits an empty tenant only."""
    return any(_is_python(operation) for operation in migration.operations)


def _is_python(operation: Any) -> bool:
    if isinstance(operation, SeparateDatabaseAndState):
        return any(_is_python(inner) for inner in operation.database_operations)
    return isinstance(operation, RunPython) and operation.code is not RunPython.noop


def _record_migration(connection: DatabaseWrapper, executor: Any, state: Any, migration: Migration) -> Any:
    if not migration.atomic:
        raise UnrecordableMigration(f"{migration} is not atomic, so it cannot run in one transaction per tenant.")
    kind = TemplateStep.Kind.PYTHON if needs_python(migration) else TemplateStep.Kind.SQL
    after: list[Any] = []

    def apply() -> None:
        after.append(executor.apply_migration(state, migration))

    _record(connection, migration.app_label, migration.name, kind, apply)
    return after[0]


def _migration_table(connection: DatabaseWrapper) -> Callable[[], None]:
    return MigrationRecorder(connection).ensure_schema


def _record(connection: DatabaseWrapper, label: str, name: str, kind: str, work: Callable[[], None]) -> None:
    recorder = StatementRecorder()
    with transaction.atomic(using=PLATFORM_CELL):
        with connection.execute_wrapper(recorder):
            work()
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT ordinal, checksum FROM {_STEP_TABLE} ORDER BY ordinal DESC LIMIT 1")
            ordinal, before = cursor.fetchone() or (0, "")
            checksum = step_checksum(before, label, name, kind, recorder.text)
            cursor.execute(
                f"INSERT INTO {_STEP_TABLE} (ordinal, app_label, name, kind, statements, checksum, shape)"
                " VALUES (%s, %s, %s, %s, %s, %s, '')",
                [ordinal + 1, label, name, kind, recorder.text, checksum],
            )


def step_checksum(before: str, label: str, name: str, kind: str, statements: str) -> str:
    """SHA-256 (hex) of a step and of the checksum before it."""
    return hashlib.sha256(json.dumps([before, label, name, str(kind), statements]).encode()).hexdigest()


def _keep_shape(connection: DatabaseWrapper) -> None:
    with transaction.atomic(using=PLATFORM_CELL), connection.cursor() as cursor:
        cursor.execute(f"SELECT ordinal, shape FROM {_STEP_TABLE} ORDER BY ordinal DESC LIMIT 1")
        ordinal, known = cursor.fetchone()
        if not known:
            found = shape(cursor, TEMPLATE_SCHEMA)
            cursor.execute(f"UPDATE {_STEP_TABLE} SET shape = %s WHERE ordinal = %s", [found, ordinal])


@contextmanager
def _one_recorder(connection: DatabaseWrapper) -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_catalog.pg_advisory_lock(%s)", [_LOCK])
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_catalog.pg_advisory_unlock(%s)", [_LOCK])


class StatementRecorder:
    """A database execute wrapper that keeps every statement that is more than a question."""

    def __init__(self) -> None:
        self._statements: list[str] = []

    @property
    def text(self) -> str:
        """The kept statements as one script."""
        return "".join(f"{statement};\n" for statement in self._statements)

    def __call__(self, execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: Any) -> Any:
        result = execute(sql, params, many, context)
        for one in params if many else [params]:
            self._keep(str(sql), one, context["cursor"].cursor)
        return result

    def _keep(self, sql: str, params: Any, cursor: Any) -> None:
        statement = sql if params is None else cursor.mogrify(sql, params).decode()
        statement = statement.strip().rstrip(";")
        question = statement[:6].upper() == "SELECT" and "setval(" not in statement
        transactional = statement.split(" ", 1)[0].upper() in {"SAVEPOINT", "RELEASE", "ROLLBACK"}
        if statement and not question and not transactional:
            self._statements.append(statement)
