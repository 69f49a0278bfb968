from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from typing import Any

import structlog
from django.db import Error

from core.actor import Actor
from core.backlogs import backlogs
from core.clock import now
from core.errors import PermissionRefused
from core.tenancy import TenantRef, TenantState, atomic, cursor, directory, platform_context, tenant_context
from core.tenancy.tasks import enqueue
from shared_apps.console.models import DayMeasure, TenantMeasure
from shared_apps.trail.services import trail_record
from shared_apps.users.selectors import user_list

# All that have a whole schema.
MEASURED = frozenset(TenantState) - {
    TenantState.REQUESTED,
    TenantState.PROVISIONING,
    TenantState.DELETING,
    TenantState.PURGED,
}
SLICE = 100
KEPT_DAYS = 400
_SIZE = """
SELECT count(*), coalesce(sum(pg_catalog.pg_total_relation_size(oid)), 0)
FROM pg_catalog.pg_class WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p', 'm')
"""
_log = structlog.get_logger("livery.measures")


@atomic()
def measures_ask(*, actor: Actor) -> None:
    """Let the workers measure every organisation now."""
    if actor.user is None:
        raise PermissionRefused("Only a person can ask for this; the schedule asks by itself.")
    trail_record(actor=actor, action="console.measure", obj=actor.user, summary="All organisations")
    enqueue("console.measure")


def measure_slices() -> int:
    """Into how many tasks a measurement of all organisations is cut."""
    return max(1, -(-sum(1 for _ref in directory().refs(states=MEASURED)) // SLICE))


def slice_measure(*, number: int, count: int) -> int:
    """Measure one of `count` slices of the organisations, by hash of uuid; returns how many were measured.

    One that cannot be asked, such as one that is being migrated, keeps its former figures.
    """
    return sum(tenant_measure(tenant=ref) for ref in _slice(number, count))


def tenant_measure(*, tenant: TenantRef) -> bool:
    """Count what is in one organisation's schema and keep it for the platform; False where it cannot be asked."""
    at = now()
    try:
        with tenant_context(tenant, read_only=True):
            figures = _figures(at)
    except Error as error:
        _log.warning("tenant_not_measured", measured=str(tenant.uuid), reason=str(error))
        return False
    with platform_context(), atomic():
        TenantMeasure.objects.update_or_create(tenant_id=tenant.uuid, defaults=figures)
        day = at.astimezone(UTC).date()
        DayMeasure.objects.update_or_create(tenant_id=tenant.uuid, day=day, defaults=figures)
    return True


def measures_purge() -> None:
    """Forget the figures of organisations that are gone, and days that nobody looks at any more."""
    TenantMeasure.objects.filter(tenant__state=TenantState.PURGED).delete()
    DayMeasure.objects.filter(tenant__state=TenantState.PURGED).delete()
    DayMeasure.objects.filter(day__lt=now().date() - timedelta(days=KEPT_DAYS)).delete()


def _slice(number: int, count: int) -> Iterator[TenantRef]:
    return (ref for ref in directory().refs(states=MEASURED) if ref.uuid.int % count == number)


def _figures(at: datetime) -> dict[str, Any]:
    with cursor() as opened:
        opened.execute(_SIZE)
        table_count, size_bytes = opened.fetchone()
    today = datetime.combine(at.astimezone(UTC).date(), time.min, UTC)
    amounts = {each.name: each.measure(today, today + timedelta(days=1)) for each in backlogs()}
    return {
        "size_bytes": int(size_bytes),
        "table_count": table_count,
        "people_count": user_list().filter(is_active=True).count(),
        "waiting": sum(amount.waiting for amount in amounts.values()),
        "failed": sum(amount.failed for amount in amounts.values()),
        "oldest_waiting_at": min((amount.oldest for amount in amounts.values() if amount.oldest), default=None),
        "by_backlog": {
            name: {
                "waiting": amount.waiting,
                "failed": amount.failed,
                "oldest": amount.oldest.isoformat() if amount.oldest else None,
            }
            for name, amount in amounts.items()
        },
        "measured_at": at,
    }
