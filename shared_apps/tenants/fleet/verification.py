from collections.abc import Iterator
from dataclasses import dataclass

from core.tenancy import TenantState, platform_context
from core.tenancy.backend.base import owner_context
from shared_apps.tenants.fleet.names import TEMPLATE_SCHEMA
from shared_apps.tenants.fleet.replay import pack_get
from shared_apps.tenants.fleet.shape import differences, shapes
from shared_apps.tenants.models import Tenant, WarmSchema

_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Drift:
    """A schema that does not look like the template, with the first lines that differ."""

    schema: str
    cell: str
    lines: tuple[str, ...]


def fleet_verify() -> tuple[int, list[Drift]]:
    """Compare every schema at the newest step with the template's fingerprint; returns how many, and those that differ.

    Lagging schemas are the migration's business. Needs the owner's credentials.
    """
    pack = pack_get()
    checked, drifts = 0, []
    for cell, schemas in _schemas_by_cell(pack.version).items():
        checked += len(schemas)
        drifts += list(_drifts(cell, schemas, pack.shape))
    return checked, drifts


def _schemas_by_cell(version: int) -> dict[str, list[str]]:
    gone = (TenantState.DELETING, TenantState.PURGED)
    with platform_context():
        rows = [
            *Tenant.objects.filter(template_step=version).exclude(state__in=gone).values_list("cell", "schema_name"),
            *WarmSchema.objects.filter(template_step=version).values_list("cell", "schema_name"),
        ]
    found: dict[str, list[str]] = {}
    for cell, schema in rows:
        found.setdefault(cell, []).append(schema)
    return found


def _drifts(cell: str, schemas: list[str], expected: str) -> Iterator[Drift]:
    with owner_context(cell=cell, schema=TEMPLATE_SCHEMA) as connection, connection.cursor() as cursor:
        found = shapes(cursor, schemas)
        for schema in schemas:
            if schema not in found:
                yield Drift(schema, cell, ("the schema does not exist",))
            elif found[schema] != expected:
                lines = differences(cursor, expected=TEMPLATE_SCHEMA, found=schema)
                yield Drift(schema, cell, tuple(lines[:_SHOWN]))
