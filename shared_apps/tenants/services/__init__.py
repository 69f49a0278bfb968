from shared_apps.tenants.fleet.runs import fleet_pause, fleet_resume, fleet_skip
from shared_apps.tenants.names import LONGEST_NAME, LONGEST_SLUG, require_name, slug_skeleton
from shared_apps.tenants.services.lifecycle import (
    RESUMABLE,
    tenant_archive,
    tenant_delete,
    tenant_make_read_only,
    tenant_resume,
    tenant_suspend,
)
from shared_apps.tenants.services.provisioning import UNBORN, tenant_provision
from shared_apps.tenants.services.purge import tenant_purge
from shared_apps.tenants.services.registry import Owner, tenant_create, tenant_options_change, tenant_request

__all__ = [
    "LONGEST_NAME",
    "LONGEST_SLUG",
    "RESUMABLE",
    "UNBORN",
    "Owner",
    "fleet_pause",
    "fleet_resume",
    "fleet_skip",
    "require_name",
    "slug_skeleton",
    "tenant_archive",
    "tenant_create",
    "tenant_delete",
    "tenant_make_read_only",
    "tenant_options_change",
    "tenant_provision",
    "tenant_purge",
    "tenant_request",
    "tenant_resume",
    "tenant_suspend",
]
