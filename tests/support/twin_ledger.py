"""What a request wrote, in whichever schema, and what a schema holds."""

from collections import Counter
from collections.abc import Collection
from functools import cache
from typing import Any

from django.apps import apps
from django.db import connections
from psycopg2.extensions import TRANSACTION_STATUS_INERROR

from core.tenancy import cursor, platform_context
from core.tenancy.context import PLATFORM_SCHEMA
from tests.support.twin_world import OF_TENANTS, Site

# A table by its schema and name.
Table = tuple[str, str]
SESSIONS = "django_session"


class Ledger:
    """Counts the rows that each request writes, also those that it took back itself; then they are taken back.

    Needs the test's own transaction, as the server counts by transaction.
    """

    def __init__(self, sites: Collection[Site]) -> None:
        with _raw() as raw:
            raw.execute(
                "SELECT c.oid, n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
                " WHERE c.relkind = 'r' AND n.nspname = ANY (%s)",
                [[site.schema for site in sites]],
            )
            self._tables = {oid: (schema, table) for oid, schema, table in raw.fetchall()}
            raw.execute("SAVEPOINT before")
        self._last = self._counts()

    def take(self, own: Site | None = None) -> Counter[Table]:
        """The rows written since the last time, by table; nothing of them is left.

        Where the registry keeps rows of a tenant and the tenant is `own`, those of its own do not count as the
        platform's.
        """
        counts = self._counts()
        written, self._last = counts - self._last, counts
        kept = [table for schema, table in written if schema == PLATFORM_SCHEMA and table in _OF_TENANTS]
        after = {table: _without(own, table) for table in kept}
        if written:
            self._undo()
        for table in kept:
            if own is not None and own.ref is not None and after[table] == _without(own, table):
                del written[PLATFORM_SCHEMA, table]
        if kept:
            self._last = self._counts()
        connections["default"].run_on_commit.clear()
        return written

    def _counts(self) -> Counter[Table]:
        with _raw() as raw:
            if raw.connection.info.transaction_status == TRANSACTION_STATUS_INERROR:
                self._undo()
            raw.execute(
                "SELECT oid, pg_stat_get_xact_tuples_inserted(oid) + pg_stat_get_xact_tuples_updated(oid)"
                " + pg_stat_get_xact_tuples_deleted(oid) FROM unnest(%s::oid[]) AS oid",
                [list(self._tables)],
            )
            return Counter({self._tables[oid]: count for oid, count in raw.fetchall() if count})

    def _undo(self) -> None:
        with _raw() as raw:
            raw.execute("ROLLBACK TO SAVEPOINT before")
        connections["default"].forget_session()
        connections["default"].needs_rollback = False


_OF_TENANTS = frozenset(apps.get_model(label)._meta.db_table for label in OF_TENANTS)


def _without(own: Site | None, table: str) -> str:
    """A checksum of the registry's rows that are not a tenant's own."""
    uuid = own.ref.uuid if own is not None and own.ref is not None else ""
    with platform_context(), cursor() as opened:
        opened.execute(
            f"SELECT md5(string_agg(t::text, '' ORDER BY t::text)) FROM {table} t WHERE strpos(t::text, %s) = 0",
            [f"{uuid}"],
        )
        return str(opened.fetchone()[0])


def _raw() -> Any:
    """A cursor below the context: the server's own counts belong to no schema."""
    default = connections["default"]
    default.ensure_connection()
    return default.connection.cursor()


def digest_of(site: Site) -> dict[str, str]:
    """A checksum of each table of a site but for its sessions, which anybody who looks at a form begins."""
    with site.entered(), cursor() as opened:
        opened.execute(_checksums(site.schema))
        return dict(opened.fetchall())


@cache
def _checksums(schema: str) -> str:
    with cursor() as opened:
        opened.execute("SELECT tablename FROM pg_tables WHERE schemaname = %s", [schema])
        names = sorted(name for (name,) in opened.fetchall() if name != SESSIONS)
    return " UNION ALL ".join(
        f"SELECT '{name}', md5(string_agg(md5(t::text), '' ORDER BY t::text)) FROM {name} t" for name in names
    )
