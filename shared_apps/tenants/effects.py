"""What is inside one organisation's schema, and so what a change of its state would touch. Nothing here writes."""

from dataclasses import dataclass

import structlog
from django.db import DatabaseError

from core.tenancy import TenantRef, cursor, tenant_context
from core.tenancy.errors import NoTenant
from core.tenancy.storage import scope_files_size
from shared_apps.users.selectors import Access, access_counts

_log = structlog.get_logger("livery.tenants")
_NOBODY = Access(people=0, browsers=0, programs=0, api_keys=0)
_TABLES = """
SELECT relname, pg_catalog.pg_total_relation_size(oid), greatest(reltuples, 0)::bigint
FROM pg_catalog.pg_class
WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p', 'm')
ORDER BY 2 DESC, 1
"""


@dataclass(frozen=True, slots=True)
class TableSize:
    """A table with its indexes and large values in bytes; `rows` is PostgreSQL's last estimate."""

    name: str
    size_bytes: int
    rows: int


@dataclass(frozen=True, slots=True)
class Effects:
    """Who is cut off and what goes where an organisation's state changes: all that there is of it.

    `is_counted` is false where its tables could not be asked, so that nothing is known of them.
    """

    access: Access
    table_count: int
    size_bytes: int
    file_count: int
    file_bytes: int
    is_counted: bool = True


def table_sizes() -> list[TableSize]:
    """The tables of the current schema, the largest first."""
    with cursor() as opened:
        opened.execute(_TABLES)
        return [TableSize(*row) for row in opened.fetchall()]


def tenant_effects(tenant: TenantRef) -> Effects:
    """Count what an organisation has at this moment; call it outside of any transaction.

    One that has no schema yet has nothing.
    """
    files = scope_files_size(tenant.uuid)
    access, tables, is_counted = _NOBODY, [], True
    if tenant.schema:
        try:
            with tenant_context(tenant, read_only=True):
                access, tables = access_counts(), table_sizes()
        except (DatabaseError, NoTenant) as error:
            _log.warning("tenant_not_asked", asked=str(tenant.uuid), reason=str(error))
            is_counted = False
    size_bytes = sum(table.size_bytes for table in tables)
    return Effects(access, len(tables), size_bytes, files.count, files.size_bytes, is_counted)
