from shared_apps.tenants.services.lifecycle import (
    tenant_archive,
    tenant_delete,
    tenant_make_read_only,
    tenant_resume,
    tenant_suspend,
)
from shared_apps.tenants.services.provisioning import tenant_provision
from shared_apps.tenants.services.purge import tenant_purge
from shared_apps.tenants.services.registry import Owner, tenant_options_change, tenant_request

__all__ = [
    "Owner",
    "tenant_archive",
    "tenant_delete",
    "tenant_make_read_only",
    "tenant_options_change",
    "tenant_provision",
    "tenant_purge",
    "tenant_request",
    "tenant_resume",
    "tenant_suspend",
]
