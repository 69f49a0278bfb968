"""What a worker with the owner's credentials does over the fleet, with results that can be kept as JSON."""

from dataclasses import asdict
from typing import Any
from uuid import UUID

from django.conf import settings

from core.tenancy import platform_context
from shared_apps.tenants.fleet.verification import Drift, fleet_verify, schema_verify
from shared_apps.tenants.fleet.warm import POOL_SIZE, warm_fill
from shared_apps.tenants.fleet.waves import fleet_migrate
from shared_apps.tenants.models import Tenant

__all__ = ["POOL_SIZE", "fleet_bring_up", "fleet_compare", "pool_fill", "tenant_compare"]


def fleet_bring_up() -> dict[str, Any]:
    """Migrate every schema that lags; `is_done` is false where a failure or a pause stopped the run.

    Raises FleetBusy, FleetPaused.
    """
    report = fleet_migrate()
    figures = {name: value for name, value in asdict(report).items() if name != "run"}
    is_done = report.run is None or report.state == "finished"
    return {**figures, "run": str(report.run) if report.run else None, "is_done": is_done, "said": str(report)}


def fleet_compare() -> dict[str, Any]:
    """Compare the template and every schema with what was recorded."""
    checked, drifts = fleet_verify()
    return {"checked": checked, "drifts": _named(drifts)}


def tenant_compare(*, tenant_id: UUID) -> dict[str, Any]:
    """Compare one organisation's schema with what was recorded."""
    with platform_context():
        tenant = Tenant.objects.get(pk=tenant_id)
    drift = schema_verify(cell=tenant.cell, schema=str(tenant.schema_name), step=tenant.template_step)
    return {"checked": 1, "drifts": _named([drift] if drift else [])}


def pool_fill() -> dict[str, Any]:
    """Fill the warm pool of every cell."""
    return {"built": {cell: warm_fill(size=POOL_SIZE, cell=cell) for cell in sorted(settings.DATABASES)}}


def _named(drifts: list[Drift]) -> list[dict[str, Any]]:
    with platform_context():
        found = Tenant.objects.filter(schema_name__in=[drift.schema for drift in drifts])
        tenants = {tenant.schema_name: tenant for tenant in found}
    return [
        {
            "tenant": str(tenants[drift.schema].pk) if drift.schema in tenants else None,
            "name": tenants[drift.schema].name if drift.schema in tenants else drift.schema,
            "cell": drift.cell,
            "lines": list(drift.lines),
        }
        for drift in drifts
    ]
