import time
from datetime import timedelta
from uuid import UUID

import structlog
from django.db import Error

from core import clock
from core.tenancy import TenantRef, directory, platform_context, tenant_context
from core.tenancy.errors import TenantGone
from core.tenancy.tasks import takes_writes, tenants_of_slice
from tenant_apps.events.services import wakeups
from tenant_apps.events.services.dispatch import is_anything_due

TICK_SECONDS = 5
# Each tenant's table is asked once in this many ticks, whatever Redis says.
TICKS = 12
# The dispatcher that a commit queued gets this long before the sweep queues another.
_PATIENCE = timedelta(seconds=3)
_log = structlog.get_logger("livery.events")


def events_sweep() -> int:
    """Wake the dispatchers that a lost message or a dead worker left asleep; returns how many.

    Call it every TICK_SECONDS in the platform's context. What was announced is known from Redis; besides, each call
    asks the tables of the platform and of one slice of the tenants, so nothing rests on Redis alone.
    """
    woken = sum(_wake_announced(scope) for scope in wakeups.waiting(before=clock.now() - _PATIENCE))
    woken += _wake_if_due()
    for tenant in tenants_of_slice(int(time.time() // TICK_SECONDS) % TICKS, TICKS):
        with tenant_context(tenant):
            try:
                woken += _wake_if_due()
            except Error as error:
                # One tenant that is being moved or deleted must not keep the others waiting.
                _log.warning("events_not_asked", reason=str(error))
    return woken


def _wake_announced(scope: str) -> bool:
    if scope == wakeups.PLATFORM:
        with platform_context():
            wakeups.wake()
        return True
    tenant = _working_tenant(UUID(scope))
    if tenant is None:
        wakeups.forget(scope)
        return False
    with tenant_context(tenant):
        wakeups.wake()
    return True


def _working_tenant(uuid: UUID) -> TenantRef | None:
    try:
        tenant = directory().by_uuid(uuid)
    except TenantGone:
        return None
    return tenant if takes_writes(tenant) else None


def _wake_if_due() -> bool:
    if is_due := is_anything_due():
        wakeups.wake()
    return is_due
