"""A live look into one organisation's schema: what its own people could count, and nothing of what they wrote."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

import structlog
from django.db import DatabaseError

from core.backlogs import Amount, Backlog, Piece, backlogs
from core.clock import now
from core.tenancy import TenantRef, platform_context, tenant_context
from core.tenancy.errors import NoTenant
from shared_apps.tenants.selectors import TableSize, table_sizes
from shared_apps.users.selectors import Access, access_counts

_PIECES = 20
_log = structlog.get_logger("livery.console")


@dataclass(frozen=True, slots=True)
class Work:
    """One room's work in a schema: how much, and its first pieces."""

    backlog: Backlog
    amount: Amount
    pieces: Sequence[Piece]


@dataclass(frozen=True, slots=True)
class Inside:
    access: Access
    tables: list[TableSize]
    work: list[Work]

    @property
    def size_bytes(self) -> int:
        """What the tables come to."""
        return sum(table.size_bytes for table in self.tables)


def inside_get(tenant: TenantRef) -> Inside | None:
    """What is in an organisation's schema now; None where it has none or cannot be asked at the moment."""
    if not tenant.schema:
        return None
    try:
        with tenant_context(tenant, read_only=True):
            return Inside(access_counts(), table_sizes(), work_list())
    except (DatabaseError, NoTenant) as error:
        _log.warning("tenant_not_asked", asked=str(tenant.uuid), reason=str(error))
        return None


def platform_work() -> list[Work]:
    """The platform's own work."""
    with platform_context():
        return work_list()


def work_list() -> list[Work]:
    """The work of the current schema, by room."""
    midnight = datetime.combine(now().astimezone(UTC).date(), time.min, UTC)
    return [
        Work(each, each.measure(midnight, midnight + timedelta(days=1)), each.pieces(_PIECES)) for each in backlogs()
    ]
