from datetime import timedelta
from uuid import UUID

from django.conf import settings

from core.clock import now
from core.tenancy import TenantState
from core.tenancy.schedule import periodic
from core.tenancy.tasks import platform_task
from shared_apps.tenants.fleet.warm import POOL_SIZE, warm_fill
from shared_apps.tenants.fleet.waves import fleet_migrate
from shared_apps.tenants.models import Tenant
from shared_apps.tenants.services import UNBORN, tenant_provision, tenant_purge

# What was begun this recently is still being worked on.
_PATIENCE = timedelta(minutes=1)
_HOUR, _DAY = 3_600, 86_400


@platform_task(name="tenants.provision", queue="fleet", time_limit=600)
def provision_task(tenant_id: str) -> None:
    """Make one organisation usable; one that is usable already is left alone."""
    tenant = Tenant.objects.get(pk=UUID(tenant_id))
    if tenant.state in UNBORN:
        tenant_provision(tenant=tenant)


@platform_task(name="tenants.purge", queue="fleet", time_limit=_HOUR)
def purge_task(tenant_id: str) -> None:
    """Remove the data of one organisation whose deletion has begun."""
    tenant = Tenant.objects.get(pk=UUID(tenant_id))
    if tenant.state == TenantState.DELETING:
        tenant_purge(tenant=tenant)


@periodic(every=60, offset=13)
@platform_task(name="tenants.provision_sweep")
def sweep_task() -> None:
    """Go on with provisionings and deletions that were interrupted or failed."""
    waiting = Tenant.objects.filter(state_changed_at__lt=now() - _PATIENCE)
    for tenant_id in waiting.filter(state__in=UNBORN).values_list("pk", flat=True):
        provision_task.enqueue(tenant_id)
    for tenant_id in waiting.filter(state=TenantState.DELETING).values_list("pk", flat=True):
        purge_task.enqueue(tenant_id)


@periodic(every=60, offset=31)
@platform_task(name="tenants.warm_fill", queue="fleet", time_limit=600)
def warm_fill_task() -> None:
    """Keep schemas ready in every cell, so that sign-up takes one."""
    for cell in sorted(settings.DATABASES):
        warm_fill(size=POOL_SIZE, cell=cell)


@platform_task(name="fleet.migrate", queue="fleet", time_limit=_DAY)
def fleet_migrate_task() -> None:
    """Bring every schema to the newest step, as `manage.py fleet migrate` does."""
    fleet_migrate()
