"""Organisations with books to post to, and what must be true of them afterwards."""

import io
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

from django.core.management import call_command
from django.db import connections

TODAY = date(2026, 11, 20)


@contextmanager
def superuser(database: str | None = None) -> Iterator[Any]:
    """A cursor of the server's superuser, each statement committed by itself."""
    import psycopg2

    connection = psycopg2.connect(os.environ["DATABASE_ADMIN_URL"], **({"dbname": database} if database else {}))
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            yield cursor
    finally:
        connection.close()


def drop_database(name: str) -> None:
    """Drop the benchmark's database with the roles of its organisations."""
    from psycopg2.sql import SQL, Identifier

    connections.close_all()
    with superuser() as cursor:
        cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
        roles = []
        if cursor.fetchone():
            with superuser(name) as inside:
                inside.execute("SELECT nspname FROM pg_namespace WHERE nspname ~ '^t_[0-9a-z]{20}$'")
                roles = [role for (schema,) in inside.fetchall() for role in (schema, f"{schema}_ro")]
        cursor.execute(SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(Identifier(name)))
        for role in roles:
            cursor.execute(SQL("DROP ROLE IF EXISTS {}").format(Identifier(role)))


def prepare(*, tenants: int, accounts: int) -> list[str]:
    """Make organisations whose books have many accounts; returns their schemas."""
    from core.actor import SYSTEM
    from core.tenancy import directory, platform_context, tenant_context
    from shared_apps.tenants.services import tenant_provision, tenant_request
    from tenant_apps.accounting.models import Account, Journal
    from tenant_apps.accounting.services import books_open

    call_command("database", "prepare", verbosity=0)
    call_command("migrate", verbosity=0)
    schemas = []
    for number in range(tenants):
        with platform_context():
            asked = tenant_request(slug=f"bench{number}", name="Bench", owner=None, actor=SYSTEM)
            tenant = directory().by_uuid(tenant_provision(tenant=asked).id)
        schemas.append(tenant.schema)
        with tenant_context(tenant):
            books_open(base_currency="EUR", actor=SYSTEM)
            journal = {"kind": "wallet", "numbering": "closing"}
            Journal.objects.create(code="BUSY", name="Busy", **journal)
            wallet = {"type": "liability", "sub_type": "wallet", "normal_side": "credit"}
            Account.objects.bulk_create(
                Account(code=f"W{one}", name="Wallet", **wallet)
                for one in range(accounts if number == 0 else accounts // 20)
            )
            Account.objects.create(code="HOT", name="Fees", type="income", normal_side="credit", is_hot=True)
            Account.objects.create(code="FLOOR", name="Float", floor="zero", **wallet)
    return schemas


def check() -> None:
    """Fail where the books of any organisation are wrong."""
    from core.tenancy import cursor, directory, platform_context, tenant_context
    from core.tenancy.tasks import LIVE
    from tenant_apps.accounting.selectors.breaks import CHECKS
    from tenant_apps.accounting.services import ledger_fold

    with platform_context():
        found = list(directory().refs(LIVE))
    for tenant in found:
        with tenant_context(tenant):
            ledger_fold()
            for name, sql in CHECKS.items():
                with cursor() as opened:
                    opened.execute(f"{sql} LIMIT 1")
                    assert opened.fetchall() == [], f"{name} in {tenant.slug}"


TABLES = ("accounting_journalentry", "accounting_journalline", "proofs_leaf", "events_outboxevent")


def copied(database: str, schema: str, *, entries: int) -> float:
    """Entries a second when ready rows are copied into tables with the same indexes and constraints, as one commit.

    There are no triggers and no balances: nothing is worked out or looked up, which no way of posting can do without.
    """
    with superuser(database) as cursor:
        cursor.execute(f"SET search_path = {schema}")
        for table in TABLES:
            cursor.execute(f"DROP TABLE IF EXISTS ready_{table}")
            cursor.execute(f"CREATE TABLE ready_{table} (LIKE {table} INCLUDING ALL)")
        chosen = f"SELECT id FROM accounting_journalentry ORDER BY id LIMIT {entries}"
        wanted = {
            "accounting_journalentry": "id IN",
            "accounting_journalline": "entry_id IN",
            "proofs_leaf": "fact_id IN",
            "events_outboxevent": "subject_id IN (SELECT id::text FROM (",
        }
        files = []
        for table, condition in wanted.items():
            file = io.StringIO()
            inner = f"{condition} ({chosen})" if condition.endswith("IN") else f"{condition}{chosen}) o)"
            columns = _columns(cursor, schema, table)
            cursor.copy_expert(f"COPY (SELECT {columns} FROM {table} WHERE {inner}) TO STDOUT", file)
            files.append((f"ready_{table} ({columns})", file))
        began = time.perf_counter()
        cursor.execute("BEGIN")
        for target, file in files:
            file.seek(0)
            cursor.copy_expert(f"COPY {target} FROM STDIN", file)
        cursor.execute("COMMIT")
        took = time.perf_counter() - began
        cursor.execute("SELECT count(*) FROM ready_accounting_journalentry")
        count: int = cursor.fetchone()[0]
        return count / took


def _columns(cursor: Any, schema: str, table: str) -> str:
    cursor.execute(
        "SELECT string_agg(column_name, ', ') FROM information_schema.columns"
        " WHERE table_schema = %s AND table_name = %s AND identity_generation IS DISTINCT FROM 'ALWAYS'",
        [schema, table],
    )
    return str(cursor.fetchone()[0])
