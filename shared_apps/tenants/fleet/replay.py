"""Replay N times: the recorded steps make a new schema, or bring an existing one up to date."""

from dataclasses import dataclass
from functools import lru_cache

from django.db import transaction
from django.db.migrations.executor import MigrationExecutor

from core.errors import LiveryError
from core.tenancy import platform_context
from core.tenancy.backend.base import DatabaseWrapper, owner_context
from shared_apps.tenants.fleet.recording import step_checksum
from shared_apps.tenants.fleet.schemas import schema_create, schema_exists
from shared_apps.tenants.fleet.shape import shape
from shared_apps.tenants.models import TemplateStep

_LOCK_MILLISECONDS = 2_000


class PackDamaged(LiveryError):
    """The recorded steps are not what was recorded."""

    code = "pack_damaged"
    title = "The recorded template was altered"


class NothingRecorded(LiveryError):
    """No template was recorded yet."""

    code = "nothing_recorded"
    title = "There is no template"
    message = "Run `manage.py migrate` first: it records what a new organisation is made of."


class ShapeDiffers(LiveryError):
    """A schema does not look like the template after a replay; the replay was rolled back."""

    code = "shape_differs"
    title = "The schema differs from the template"


class SchemaBehindUnknown(LiveryError):
    """A schema holds migrations that the template's steps do not know, so no step can be said to come next."""

    code = "schema_unknown"
    title = "The schema's history is not the template's"


@dataclass(frozen=True, slots=True)
class Step:
    ordinal: int
    label: str
    name: str
    kind: str
    statements: str


@dataclass(frozen=True, slots=True)
class Pack:
    """All recorded steps, verified, with the fingerprint that the last one leads to."""

    steps: tuple[Step, ...]
    checksum: str
    shape: str

    @property
    def version(self) -> int:
        """The ordinal of the last step; 0 before anything was recorded."""
        return self.steps[-1].ordinal if self.steps else 0


def pack_get() -> Pack:
    """The recorded pack from the registry; its steps are read again only when there are new ones.

    Raises PackDamaged where a checksum does not hold.
    """
    with platform_context():
        last = TemplateStep.objects.order_by("-ordinal").values_list("ordinal", "checksum", "shape").first()
        return _pack(*last) if last else Pack((), "", "")


@lru_cache(maxsize=1)
def _pack(version: int, checksum: str, shape: str) -> Pack:
    rows = TemplateStep.objects.filter(ordinal__lte=version).order_by("ordinal")
    before, steps = "", []
    for row in rows:
        before = step_checksum(before, row.app_label, row.name, row.kind, row.statements)
        if before != row.checksum:
            raise PackDamaged(f"Step {row.ordinal} ({row.app_label} {row.name}) does not match its checksum.")
        steps.append(Step(row.ordinal, row.app_label, row.name, row.kind, row.statements))
    return Pack(tuple(steps), checksum, shape)


def schema_build(*, cell: str, schema: str, pack: Pack) -> None:
    """Create a schema from the pack in one transaction, unless it is there already: then it was committed whole.

    Raises NothingRecorded before the first migration; and ShapeDiffers, with nothing left behind, where the result is not the template's shape.
    """
    if not pack.steps:
        raise NothingRecorded
    with owner_context(cell=cell, schema=schema) as connection, transaction.atomic(using=cell):
        _lock(connection, schema)
        if schema_exists(connection, schema):
            return
        schema_create(connection, schema)
        _run(connection, "".join(step.statements for step in pack.steps))
        _require_shape(connection, schema, pack)


def schema_upgrade(*, cell: str, schema: str, pack: Pack) -> tuple[int, int]:
    """Replay the steps that a schema lacks, in one transaction; returns the ordinals before and after.

    What the schema's own history says counts, not the registry, so a run that was killed after its commit goes on
    rightly. A step that computes with rows runs through Django. Waits two seconds at most for a lock.
    """
    with owner_context(cell=cell, schema=schema) as connection, transaction.atomic(using=cell):
        with connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL lock_timeout = {_LOCK_MILLISECONDS}")
        _lock(connection, schema)
        before = schema_step(connection, pack)
        missing = [step for step in pack.steps if step.ordinal > before]
        for python, script in _runs(missing):
            _run(connection, script) if python is None else _run_python(connection, python)
        if missing:
            _require_shape(connection, schema, pack)
        return before, pack.version


def schema_step(connection: DatabaseWrapper, pack: Pack) -> int:
    """The ordinal up to which a schema has the pack's steps, by its own record of migrations."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT app, name FROM django_migrations")
        applied = set(cursor.fetchall())
    done = [step for step in pack.steps if not step.label or (step.label, step.name) in applied]
    if [step.ordinal for step in done] != list(range(1, len(done) + 1)) or len(applied) > len(done) - 1:
        raise SchemaBehindUnknown("The schema has migrations that the template does not know, or lacks earlier ones.")
    return len(done)


def _runs(steps: list[Step]) -> list[tuple[Step | None, str]]:
    runs: list[tuple[Step | None, str]] = []
    for step in steps:
        if step.kind == TemplateStep.Kind.PYTHON:
            runs.append((step, ""))
        elif runs and runs[-1][0] is None:
            runs[-1] = (None, runs[-1][1] + step.statements)
        else:
            runs.append((None, step.statements))
    return runs


def _run(connection: DatabaseWrapper, script: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(script)


def _run_python(connection: DatabaseWrapper, step: Step) -> None:
    executor = MigrationExecutor(connection)
    key = (step.label, step.name)
    migration = executor.loader.graph.nodes[key]
    state = executor.loader.project_state(key, at_end=False)
    executor.apply_migration(state, migration)


def _lock(connection: DatabaseWrapper, schema: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended(%s, 0))", [schema])


def _require_shape(connection: DatabaseWrapper, schema: str, pack: Pack) -> None:
    with connection.cursor() as cursor:
        found = shape(cursor, schema)
    if found != pack.shape:
        raise ShapeDiffers(f"{schema} has the shape {found[:12]}, the template {pack.shape[:12]}.")
