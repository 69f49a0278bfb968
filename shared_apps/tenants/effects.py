"""What is inside one organisation's schema, and so what a change of its state would touch. Nothing here writes."""

from dataclasses import dataclass

from core.tenancy import TenantRef, cursor, tenant_context
from core.tenancy.storage import scope_files_size
from shared_apps.users.selectors import Access, access_counts

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
    """Who is cut off and what goes where an organisation's state changes: all that there is of it."""

    access: Access
    table_count: int
    size_bytes: int
    file_count: int
    file_bytes: int


def table_sizes() -> list[TableSize]:
    """The tables of the current schema, the largest first."""
    with cursor() as opened:
        opened.execute(_TABLES)
        return [TableSize(*row) for row in opened.fetchall()]


def tenant_effects(tenant: TenantRef) -> Effects:
    """Count what an organisation has at this moment; call it outside of any transaction.

    One that is half-made has nothing.
    """
    files = scope_files_size(tenant.uuid)
    if not tenant.schema:
        return Effects(_NOBODY, 0, 0, files.count, files.size_bytes)
    with tenant_context(tenant, read_only=True):
        tables = table_sizes()
        access = access_counts() if tables else _NOBODY
    return Effects(access, len(tables), sum(each.size_bytes for each in tables), files.count, files.size_bytes)
