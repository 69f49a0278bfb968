from core.tenancy.context import (
    Scope,
    TenantRef,
    current_scope,
    current_tenant,
    platform_context,
    require_scope,
    scope_key,
    tenant_context,
)
from core.tenancy.directory import directory
from core.tenancy.lifecycle import TenantState
from core.tenancy.transactions import atomic, cursor, in_transaction, on_commit

__all__ = [
    "Scope",
    "TenantRef",
    "TenantState",
    "atomic",
    "current_scope",
    "current_tenant",
    "cursor",
    "directory",
    "in_transaction",
    "on_commit",
    "platform_context",
    "require_scope",
    "scope_key",
    "tenant_context",
]
