"""The principals and the database of one cell, made once by a superuser."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg2
from psycopg2.extensions import encrypt_password
from psycopg2.sql import SQL, Composable, Identifier, Literal

from core.errors import LiveryError
from core.tenancy.context import PLATFORM_ROLE

_LOCK = 0x1E5E42
# As the server reports it: roles that are given without inheritance, and owners of roles that are no superusers.
OLDEST = 160_000
DURABLE = {"fsync": "on", "full_page_writes": "on"}


class ServerRefused(LiveryError):
    """A server that would lose acknowledged money, or is too old, is not used."""

    code = "server_refused"
    title = "This PostgreSQL server cannot be used"


@dataclass(frozen=True, slots=True)
class Principal:
    """A login role."""

    name: str
    password: str


def cell_prepare(*, admin_url: str, database: str, application: Principal, owner: Principal) -> None:
    """Create or correct the roles, the database and its rights; run again, it changes nothing.

    The application's login inherits nothing, so without a role it may do nothing; the owner may create tenants' roles
    and tables, and is not a superuser. Raises ServerRefused for a server before 16 or one that is not durable.
    """
    with _connected(admin_url) as cursor:
        require_durable(cursor)
        if cursor.connection.server_version < OLDEST:
            raise ServerRefused("Livery needs PostgreSQL 16 or newer; 18 is recommended.")
        cursor.execute("SELECT pg_catalog.pg_advisory_lock(%s)", [_LOCK])
        _login(cursor, application, SQL("NOINHERIT NOCREATEROLE NOCREATEDB"))
        _login(cursor, owner, SQL("INHERIT CREATEROLE NOCREATEDB"))
        _role(cursor, PLATFORM_ROLE, SQL("NOLOGIN NOINHERIT"))
        names = _names(database, application, owner)
        cursor.execute(SQL("GRANT {platform} TO {application} WITH INHERIT FALSE, SET TRUE").format(**names))
        cursor.execute("SELECT 1 FROM pg_catalog.pg_database WHERE datname = %s", [database])
        if cursor.fetchone() is None:
            cursor.execute(SQL("CREATE DATABASE {database} OWNER {owner} TEMPLATE template0").format(**names))
        cursor.execute(SQL("REVOKE ALL ON DATABASE {database} FROM PUBLIC").format(**names))
        cursor.execute(SQL("GRANT CONNECT ON DATABASE {database} TO {application}, {owner}").format(**names))
        # Inside the first connection, which holds the lock.
        with _connected(admin_url, dbname=database) as inside:
            for statement in _RIGHTS:
                inside.execute(SQL(statement).format(**names))


_RIGHTS = (
    "ALTER SCHEMA public OWNER TO {owner}",
    "REVOKE ALL ON SCHEMA public FROM PUBLIC",
    "GRANT USAGE ON SCHEMA public TO {platform}",
    "ALTER DEFAULT PRIVILEGES FOR ROLE {owner} REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC",
    "ALTER DEFAULT PRIVILEGES FOR ROLE {owner} IN SCHEMA public"
    " GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {platform}",
    "ALTER DEFAULT PRIVILEGES FOR ROLE {owner} IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO {platform}",
    "ALTER DEFAULT PRIVILEGES FOR ROLE {owner} IN SCHEMA public GRANT EXECUTE ON FUNCTIONS TO {platform}",
    "ALTER ROLE {application} SET search_path = pg_catalog",
    # What an injected expression or statement could still reach: another role or path for the session, code, and
    # objects that belong to no schema. Large objects would also keep a deleted tenant's role alive.
    "REVOKE EXECUTE ON FUNCTION pg_catalog.set_config(text, text, boolean) FROM PUBLIC",
    "GRANT EXECUTE ON FUNCTION pg_catalog.set_config(text, text, boolean) TO {application}, {owner}",
    "REVOKE USAGE ON LANGUAGE plpgsql FROM PUBLIC",
    "GRANT USAGE ON LANGUAGE plpgsql TO {owner}",
    "REVOKE EXECUTE ON FUNCTION pg_catalog.lo_creat(integer), pg_catalog.lo_create(oid),"
    " pg_catalog.lo_from_bytea(oid, bytea) FROM PUBLIC",
)


def require_durable(cursor: Any) -> None:
    """Raise ServerRefused where an acknowledged commit could be lost."""
    cursor.execute("SELECT name, setting FROM pg_catalog.pg_settings WHERE name = ANY(%s)", [list(DURABLE)])
    for name, setting in cursor.fetchall():
        if setting != DURABLE[name]:
            raise ServerRefused(f"Set {name} = {DURABLE[name]} in postgresql.conf: with {setting}, money is lost.")
    cursor.execute("SHOW synchronous_commit")
    if cursor.fetchone()[0] == "off":
        raise ServerRefused("Set synchronous_commit = on in postgresql.conf: with off, acknowledged money is lost.")


def _login(cursor: Any, principal: Principal, attributes: Composable) -> None:
    login: Composable = SQL("LOGIN")
    if principal.password:
        # Hashed here, so that no log of the server can hold it.
        scope = cursor.connection
        hashed = encrypt_password(principal.password, principal.name, scope=scope, algorithm="scram-sha-256")
        login = SQL("LOGIN PASSWORD {}").format(Literal(hashed))
    _role(cursor, principal.name, SQL("{} {}").format(login, attributes))


def _role(cursor: Any, name: str, attributes: Composable) -> None:
    cursor.execute("SELECT 1 FROM pg_catalog.pg_roles WHERE rolname = %s", [name])
    verb = SQL("ALTER" if cursor.fetchone() else "CREATE")
    cursor.execute(SQL("{} ROLE {} {}").format(verb, Identifier(name), attributes))


def _names(database: str, application: Principal, owner: Principal) -> dict[str, Composable]:
    return {
        "database": Identifier(database),
        "application": Identifier(application.name),
        "owner": Identifier(owner.name),
        "platform": Identifier(PLATFORM_ROLE),
    }


@contextmanager
def _connected(url: str, **parameters: Any) -> Iterator[Any]:
    connection = psycopg2.connect(url, **parameters)
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            yield cursor
    finally:
        connection.close()
