from core.tenancy.context import current_tenant, scope_key


def tenant_key(key: str, key_prefix: str, version: int) -> str:
    """Keys of the `tenant` cache: bound to the tenant and its epoch; raises without a tenant's context."""
    tenant = current_tenant()
    return f"t:{tenant.uuid}:{tenant.epoch}:{version}:{key}"


def platform_key(key: str, key_prefix: str, version: int) -> str:
    """Keys of the `platform` cache: the same from everywhere; it never holds a tenant's data."""
    return f"platform:{version}:{key}"


def context_key(key: str, key_prefix: str, version: int) -> str:
    """Keys of the `default` cache, which third-party code uses: bound to whatever context is entered."""
    return f"{scope_key()}:{version}:{key}"
