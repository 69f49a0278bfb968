"""Replay N times: the recorded steps make a new schema, or bring an existing one up to date."""

from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import groupby

from django.db import transaction
from django.db.migrations import Migration
from django.db.migrations.state import ProjectState

from core.errors import LiveryError
from core.tenancy import platform_context
from core.tenancy.backend.base import DatabaseWrapper, owner_context
from shared_apps.tenants.fleet.recording import code_loader, step_checksum
from shared_apps.tenants.fleet.schemas import schema_create, schema_exists, schema_lock
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


class SchemaMissing(LiveryError):
    """A schema that the registry names is not in the database."""

    code = "schema_missing"
    title = "The schema does not exist"


class HistoryUnknown(LiveryError):
    """A schema holds migrations that the template's steps do not know, so no step can be said to come next."""

    code = "history_unknown"
    title = "The schema's history is not the template's"


class StepUnknown(LiveryError):
    """A step computes with rows by code that this version does not have."""

    code = "step_unknown"
    title = "This version of the code does not know a step"


@dataclass(frozen=True, slots=True)
class Step:
    ordinal: int
    label: str
    name: str
    is_python: bool
    statements: str
    shape: str

    @property
    def script(self) -> str:
        """The statements, and what each migration's own commit would do: check what was deferred.

        Without it a later step could not alter a table that an earlier one has written to.
        """
        return f"{self.statements}SET CONSTRAINTS ALL IMMEDIATE;\nSET CONSTRAINTS ALL DEFERRED;\n"


@dataclass(frozen=True, slots=True)
class Pack:
    """All recorded steps, verified."""

    steps: tuple[Step, ...]
    checksum: str

    @property
    def version(self) -> int:
        """The ordinal of the last step."""
        return self.steps[-1].ordinal

    @property
    def shape(self) -> str:
        """The fingerprint that the last step leads to."""
        return self.steps[-1].shape


def pack_get() -> Pack:
    """The recorded pack from the registry; its steps are read again only when there are new ones.

    Raises NothingRecorded before the first migration, and PackDamaged where a checksum does not hold.
    """
    with platform_context():
        last = TemplateStep.objects.order_by("-ordinal").values_list("ordinal", "checksum").first()
        if last is None:
            raise NothingRecorded
        return _pack(*last)


@lru_cache(maxsize=1)
def _pack(version: int, checksum: str) -> Pack:
    before = ""
    steps: list[Step] = []
    for row in TemplateStep.objects.filter(ordinal__lte=version).order_by("ordinal").values():
        before = step_checksum(before, row)
        if (before, len(steps) + 1) != (row["checksum"], row["ordinal"]):
            raise PackDamaged("Step {ordinal} ({app_label} {name}) does not match its checksum.".format(**row))
        is_python = row["kind"] == TemplateStep.Kind.PYTHON
        steps.append(Step(row["ordinal"], row["app_label"], row["name"], is_python, row["statements"], row["shape"]))
    return Pack(tuple(steps), checksum)


def schema_build(*, cell: str, schema: str, pack: Pack) -> None:
    """Create a schema from the pack in one transaction; one that is there already is brought to the pack's last step.

    Raises ShapeDiffers, with nothing left behind, where the result is not the template's shape.
    """
    with owner_context(cell=cell, schema=schema) as connection, transaction.atomic(using=cell):
        schema_lock(connection, schema)
        if schema_exists(connection, schema):
            _catch_up(connection, schema, pack)
        else:
            schema_create(connection, schema)
            _run(connection, pack.steps)
            _require_shape(connection, schema, pack)


def schema_upgrade(*, cell: str, schema: str, pack: Pack) -> None:
    """Replay the steps that a schema lacks, in one transaction: all of them or none.

    What the schema's own history says counts, not the registry, so a run that was killed after its commit goes on
    rightly. A step that computes with rows runs through Django. Waits two seconds at most for a lock. Raises
    SchemaMissing, HistoryUnknown, StepUnknown, ShapeDiffers, and whatever a migration's own code raises.
    """
    with owner_context(cell=cell, schema=schema) as connection, transaction.atomic(using=cell):
        with connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL lock_timeout = {_LOCK_MILLISECONDS}")
        schema_lock(connection, schema)
        if not schema_exists(connection, schema):
            raise SchemaMissing(f"The schema {schema} does not exist.")
        _catch_up(connection, schema, pack)


def schema_step(connection: DatabaseWrapper, pack: Pack) -> int:
    """The ordinal up to which a schema has the pack's steps, by its own record of migrations.

    Raises HistoryUnknown.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT app, name FROM django_migrations")
        applied = set(cursor.fetchall())
    done = [step for step in pack.steps if not step.label or (step.label, step.name) in applied]
    if done != list(pack.steps[: len(done)]) or len(applied) >= len(done):
        raise HistoryUnknown("The schema has migrations that the template does not know, or lacks earlier ones.")
    return len(done)


def _catch_up(connection: DatabaseWrapper, schema: str, pack: Pack) -> None:
    missing = pack.steps[schema_step(connection, pack) :]
    for is_python, steps in groupby(missing, key=lambda step: step.is_python):
        if is_python:
            for step in steps:
                _run_python(connection, step)
        else:
            _run(connection, tuple(steps))
    if missing:
        _require_shape(connection, schema, pack)


def _run(connection: DatabaseWrapper, steps: tuple[Step, ...]) -> None:
    with connection.cursor() as cursor:
        cursor.execute("".join(step.script for step in steps))


def _run_python(connection: DatabaseWrapper, step: Step) -> None:
    migration, state = _code_of(step.label, step.name)
    with connection.schema_editor(atomic=True) as editor:
        migration.apply(state.clone(), editor)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO django_migrations (app, name, applied) VALUES (%s, %s, now())", [step.label, step.name]
        )
    connection.check_constraints()


@cache
def _code_of(label: str, name: str) -> tuple[Migration, ProjectState]:
    # Kept for the whole fleet, with its models: to make them takes longer than most migrations.
    key, loader = (label, name), code_loader()
    if key not in loader.graph.nodes:
        raise StepUnknown(f"{label}.{name} needs the version of the code that recorded it.")
    state = loader.project_state(key, at_end=False)
    _ = state.apps
    return loader.graph.nodes[key], state


def _require_shape(connection: DatabaseWrapper, schema: str, pack: Pack) -> None:
    with connection.cursor() as cursor:
        found = shape(cursor, schema)
    if found != pack.shape:
        raise ShapeDiffers(f"{schema} has the shape {found[:12]}, the template {pack.shape[:12]}.")
