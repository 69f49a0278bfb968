"""Record once: what Django's migrations do to the template schema is kept as SQL, step by step."""

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
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
from shared_apps.tenants.fleet.locks import RECORD, held
from shared_apps.tenants.fleet.names import TEMPLATE_SCHEMA
from shared_apps.tenants.fleet.schemas import schema_create, schema_exists
from shared_apps.tenants.fleet.shape import shape
from shared_apps.tenants.models import TemplateStep

_LAST_STEP = "SELECT ordinal, checksum FROM public.tenants_templatestep ORDER BY ordinal DESC LIMIT 1"
_ADD_STEP = """
INSERT INTO public.tenants_templatestep (ordinal, app_label, name, kind, statements, shape, checksum)
VALUES (%s, %s, %s, %s, %s, %s, %s)
"""


class UnrecordableMigration(LiveryError):
    """A migration of a tenant's app cannot be replayed."""

    code = "unrecordable_migration"
    title = "This migration cannot be replayed"


def tenant_app_labels() -> set[str]:
    """The labels of the apps whose tables every tenant has."""
    return {config.label for config in apps.get_app_configs() if config.name in settings.TENANT_APPS}


@cache
def code_loader() -> MigrationLoader:
    """All migrations that this version of the code brings, whatever a database has of them."""
    return MigrationLoader(None, ignore_no_migrations=True)


def code_migrations() -> dict[tuple[str, str], Migration]:
    """The migrations of tenants' tables that this version of the code brings, by app and name."""
    labels = tenant_app_labels()
    return {key: migration for key, migration in code_loader().disk_migrations.items() if key[0] in labels}


def template_record(*, report: Callable[[str], None] = lambda line: None) -> int:
    """Bring the template up to the code's migrations, recording each as a step; returns how many were new.

    Each step is one transaction with its record, so an interruption leaves whole steps; another recorder waits.
    Raises UnrecordableMigration, before anything is recorded where the migration itself shows it.
    """
    with held(RECORD, wait=True), owner_context(cell=PLATFORM_CELL, schema=TEMPLATE_SCHEMA) as connection:
        new = _begin(connection)
        executor = MigrationExecutor(connection)
        labels = tenant_app_labels()
        plan = executor.migration_plan([key for key in executor.loader.graph.leaf_nodes() if key[0] in labels])
        _require_recordable(code_migrations().values())
        state = executor._create_project_state(with_applied_migrations=True)  # type: ignore[attr-defined]  # no stub
        for migration, _backwards in plan:
            report(f"  recording {migration}")
            state = _record_migration(connection, executor, state, migration)
        return new + len(plan)


def needs_python(migration: Migration) -> bool:
    """Whether a migration computes with rows, so that its recorded SQL fits an empty tenant only."""
    return any(_is_python(operation) for operation in migration.operations)


def step_checksum(before: str, step: Mapping[str, object]) -> str:
    """SHA-256 (hex) of a step, by the names of its columns, and of the checksum before it."""
    return hashlib.sha256(json.dumps([before, *(str(step[name]) for name in CHECKED)]).encode()).hexdigest()


CHECKED = ("app_label", "name", "kind", "statements", "shape")


def _begin(connection: DatabaseWrapper) -> int:
    with transaction.atomic(using=PLATFORM_CELL):
        if not schema_exists(connection, TEMPLATE_SCHEMA):
            schema_create(connection, TEMPLATE_SCHEMA)
    recorder = MigrationRecorder(connection)
    if recorder.has_table():
        return 0
    _record(connection, "", "django_migrations", TemplateStep.Kind.SQL, recorder.ensure_schema)
    return 1


def _require_recordable(migrations: Iterable[Migration]) -> None:
    for migration in migrations:
        if not migration.atomic:
            raise UnrecordableMigration(f"{migration} is not atomic, so it cannot run in one transaction per tenant.")
        if migration.replaces:
            raise UnrecordableMigration(f"{migration} replaces others, but the history of every tenant names them.")


def _is_python(operation: Any) -> bool:
    if isinstance(operation, SeparateDatabaseAndState):
        return any(_is_python(inner) for inner in operation.database_operations)
    return isinstance(operation, RunPython) and operation.code is not RunPython.noop


def _record_migration(connection: DatabaseWrapper, executor: Any, state: Any, migration: Migration) -> Any:
    kind = TemplateStep.Kind.PYTHON if needs_python(migration) else TemplateStep.Kind.SQL
    after: list[Any] = []

    def apply() -> None:
        after.append(executor.apply_migration(state, migration))

    _record(connection, migration.app_label, migration.name, kind, apply)
    return after[0]


def _record(connection: DatabaseWrapper, label: str, name: str, kind: str, work: Callable[[], None]) -> None:
    recorder = StatementRecorder()
    with transaction.atomic(using=PLATFORM_CELL):
        with connection.execute_wrapper(recorder):
            work()
        if TEMPLATE_SCHEMA in recorder.text:
            raise UnrecordableMigration(f"{label}.{name} names the template's schema; a tenant's has another name.")
        with connection.cursor() as cursor:
            cursor.execute(_LAST_STEP)
            ordinal, before = cursor.fetchone() or (0, "")
            step = {"app_label": label, "name": name, "kind": str(kind), "statements": recorder.text}
            step["shape"] = shape(cursor, TEMPLATE_SCHEMA)
            step["checksum"] = step_checksum(before, step)
            cursor.execute(_ADD_STEP, [ordinal + 1, *step.values()])


class StatementRecorder:
    """A database execute wrapper that keeps every statement that is more than a question."""

    def __init__(self) -> None:
        self._statements: list[str] = []
        self._savepoints: dict[str, int] = {}

    @property
    def text(self) -> str:
        """The kept statements as one script; a statement may end in a comment."""
        return "".join(f"{statement}\n;\n" for statement in self._statements)

    def __call__(self, execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: Any) -> Any:
        result = execute(sql, params, many, context)
        for one in params if many else [params]:
            self._keep(str(sql), one, context["cursor"].cursor)
        return result

    def _keep(self, sql: str, params: Any, cursor: Any) -> None:
        statement = sql if params is None else cursor.mogrify(sql, params).decode()
        statement = statement.strip().rstrip(";")
        verb, _, rest = statement.partition(" ")
        if verb == "SAVEPOINT":
            self._savepoints[rest] = len(self._statements)
        elif statement.startswith("ROLLBACK TO SAVEPOINT "):
            # What was undone here must not be done there.
            del self._statements[self._savepoints[rest.rpartition(" ")[2]] :]
        elif statement and verb != "RELEASE" and not _is_question(statement, params):
            self._statements.append(statement)


def _is_question(statement: str, params: Any) -> bool:
    """Whether a statement only asks. A SELECT that a migration wrote itself may call what changes something."""
    if statement[:6].upper() != "SELECT" or "setval(" in statement:
        return False
    return params is not None or "pg_catalog" in statement
