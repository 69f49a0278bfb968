"""What there is of organisations after they were made, or half made, and how to stop somebody who makes one."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import psycopg2
from django.conf import settings

from core.tenancy import platform_context
from shared_apps.tenants.models import StateChange, Tenant, WarmSchema
from tests.support.databases import database

BIRTH = [("requested", "provisioning"), ("provisioning", "ready"), ("ready", "active")]
# Where a replay comes to after many tables and before its end.
MIDWAY = "pg_catalog.pg_trigger"


def states_of(tenant: Tenant) -> list[tuple[str, str]]:
    """The history of an organisation."""
    with platform_context():
        return list(StateChange.objects.filter(tenant=tenant).values_list("from_state", "to_state"))


def schemas() -> tuple[set[str], set[str], set[str]]:
    """The schemas that the registry names, those that exist, and those that have roles."""
    with platform_context():
        named = set(Tenant.objects.exclude(schema_name=None).values_list("schema_name", flat=True))
        named |= set(WarmSchema.objects.values_list("schema_name", flat=True))
    with database() as cursor:
        cursor.execute("SELECT nspname FROM pg_namespace WHERE nspname ~ '^t_[0-9a-z]{20}$'")
        there = {name for (name,) in cursor.fetchall()}
        cursor.execute("SELECT rolname FROM pg_roles WHERE rolname = ANY(%s)", [[f"{name}_ro" for name in named]])
        return named, there, {name.removesuffix("_ro") for (name,) in cursor.fetchall()}


def assert_nothing_left_over() -> None:
    """Every schema has its row and its roles, and there is no other."""
    named, there, roles = schemas()
    assert named == there == roles


@contextmanager
def held_up(table: str, *, cell: str = "default") -> Iterator[Callable[[], bool]]:
    """Nobody can write to a table until the block ends; yields a function that says whether somebody waits there."""
    given = settings.DATABASES[cell]
    holder = psycopg2.connect(given["ADMIN_URL"], dbname=given["NAME"])
    cursor = holder.cursor()
    cursor.execute(f"LOCK TABLE {table} IN SHARE MODE")

    def is_stuck() -> bool:
        waiting = "SELECT count(*) FROM pg_locks WHERE relation = %s::regclass AND mode = 'RowExclusiveLock'"
        cursor.execute(f"{waiting} AND NOT granted", [table])
        return bool(cursor.fetchone()[0])

    try:
        yield is_stuck
    finally:
        # The server may have been killed meanwhile.
        with suppress(psycopg2.Error):
            holder.rollback()
        holder.close()
