from collections.abc import Iterator
from dataclasses import dataclass

from core.tenancy import TenantState, platform_context
from core.tenancy.backend.base import owner_context
from core.tenancy.context import PLATFORM_CELL
from shared_apps.tenants.fleet.names import TEMPLATE_SCHEMA
from shared_apps.tenants.fleet.replay import Pack, pack_get
from shared_apps.tenants.fleet.runs import WITHOUT_SCHEMA
from shared_apps.tenants.fleet.shape import shape_lines, shapes
from shared_apps.tenants.models import Tenant, WarmSchema

_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Drift:
    """A schema that does not look as its step left it; the first lines that it lacks (`-`) or has too much (`+`)."""

    schema: str
    cell: str
    lines: tuple[str, ...]


def fleet_verify() -> tuple[int, list[Drift]]:
    """Compare the template and every schema with the fingerprint of its step; returns how many, and those that differ.

    A schema that is being made or removed is left out. Needs the owner's credentials.
    """
    pack = pack_get()
    checked, drifts = 0, []
    for cell, steps in _steps_by_cell(pack).items():
        checked += len(steps)
        drifts += list(_drifts(cell, steps, pack))
    return checked, drifts


def schema_verify(*, cell: str, schema: str, step: int) -> Drift | None:
    """Compare one schema with the fingerprint of its step; None where it is as recorded.

    Needs the owner's credentials.
    """
    return next(_drifts(cell, {schema: step}, pack_get()), None)


def _steps_by_cell(pack: Pack) -> dict[str, dict[str, int]]:
    unmade = (*WITHOUT_SCHEMA, TenantState.PROVISIONING)
    with platform_context():
        rows = [
            (PLATFORM_CELL, TEMPLATE_SCHEMA, pack.version),
            *Tenant.objects.exclude(state__in=unmade).values_list("cell", "schema_name", "template_step"),
            *WarmSchema.objects.filter(template_step__gt=0).values_list("cell", "schema_name", "template_step"),
        ]
    found: dict[str, dict[str, int]] = {}
    for cell, schema, step in rows:
        found.setdefault(cell, {})[schema] = step
    return found


def _drifts(cell: str, steps: dict[str, int], pack: Pack) -> Iterator[Drift]:
    expected = {step.ordinal: step.shape for step in pack.steps}
    with owner_context(cell=cell, schema=TEMPLATE_SCHEMA) as connection, connection.cursor() as cursor:
        found = shapes(cursor, list(steps))
        differing = {
            schema: shape_lines(cursor, schema)
            for schema, step in steps.items()
            if found.get(schema) != expected.get(step)
        }
    for schema, lines in differing.items():
        yield Drift(schema, cell, _difference(schema, lines, is_newest=steps[schema] == pack.version))


def _difference(schema: str, lines: list[str], *, is_newest: bool) -> tuple[str, ...]:
    if not lines:
        return ("the schema does not exist",)
    if schema == TEMPLATE_SCHEMA:
        return ("the template itself was altered after it was recorded",)
    if not is_newest:
        return ("it differs from what its earlier step left, which no schema shows any more",)
    with owner_context(cell=PLATFORM_CELL, schema=TEMPLATE_SCHEMA) as connection, connection.cursor() as cursor:
        template = shape_lines(cursor, TEMPLATE_SCHEMA)
    missing = [f"- {line}" for line in template if line not in set(lines)]
    extra = [f"+ {line}" for line in lines if line not in set(template)]
    return (*missing, *extra)[:_SHOWN]
