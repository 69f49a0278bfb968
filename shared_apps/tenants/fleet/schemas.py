"""A tenant's schema with its two roles: created empty, filled by replay, dropped in batches. Needs the owner."""

from typing import Any

from django.db import transaction
from psycopg2.sql import SQL, Identifier, Literal

from core.tenancy.backend.base import TENANT_SCHEMA, DatabaseWrapper, owner_context

# A table, its indexes, its sequence and its TOAST table each take a lock; a transaction should hold a few hundred.
_DROP_BATCH = 8

# Roles belong to the server, not to the database: the template's may exist for another database.
_CREATE_ROLE = SQL(
    """
    DO $$ BEGIN
        IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = {name}) THEN CREATE ROLE {role} NOLOGIN; END IF;
    END $$
    """
)
_CREATE = SQL(
    """
    GRANT {writer}, {reader} TO {login} WITH INHERIT FALSE, SET TRUE;
    CREATE SCHEMA {schema};
    GRANT USAGE ON SCHEMA {schema} TO {writer}, {reader};
    ALTER DEFAULT PRIVILEGES IN SCHEMA {schema} GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {writer};
    ALTER DEFAULT PRIVILEGES IN SCHEMA {schema} GRANT USAGE, SELECT ON SEQUENCES TO {writer};
    ALTER DEFAULT PRIVILEGES IN SCHEMA {schema} GRANT EXECUTE ON FUNCTIONS TO {writer};
    ALTER DEFAULT PRIVILEGES IN SCHEMA {schema} GRANT SELECT ON TABLES TO {reader};
    ALTER DEFAULT PRIVILEGES IN SCHEMA {schema} GRANT SELECT, USAGE ON SEQUENCES TO {reader};
    """
)


def schema_lock(connection: DatabaseWrapper, schema: str) -> None:
    """Let no other build, upgrade or drop of this schema run until the current transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended(%s, 0))", [schema])


def schema_exists(connection: DatabaseWrapper, schema: str) -> bool:
    """Whether the schema is there, in whatever state."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_catalog.pg_namespace WHERE nspname = %s", [schema])
        return cursor.fetchone() is not None


def schema_create(connection: DatabaseWrapper, schema: str) -> None:
    """Create an empty schema and the roles that may write and read it, in the current transaction of the owner."""
    names = {
        "schema": Identifier(schema),
        "writer": Identifier(schema),
        "reader": Identifier(f"{schema}_ro"),
        "login": Identifier(connection.settings_dict["USER"]),
    }
    with connection.cursor() as cursor:
        for role in ("writer", "reader"):
            cursor.execute(
                _CREATE_ROLE.format(role=names[role], name=Literal(names[role].string)).as_string(cursor.cursor)
            )
        cursor.execute(_CREATE.format(**names).as_string(cursor.cursor))


def schema_drop(*, cell: str, schema: str) -> None:
    """Drop a tenant's schema and its roles in many small transactions; run again after an interruption, it goes on."""
    if not TENANT_SCHEMA.fullmatch(schema):
        raise ValueError(f"{schema} is no tenant's schema.")
    with owner_context(cell=cell, schema=schema) as connection:
        while _drop_batch(connection, schema):
            continue
        with transaction.atomic(using=cell):
            schema_lock(connection, schema)
            _execute(connection, SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(Identifier(schema)))
            for role in (schema, f"{schema}_ro"):
                _execute(connection, SQL("DROP ROLE IF EXISTS {}").format(Identifier(role)))


def _drop_batch(connection: DatabaseWrapper, schema: str) -> bool:
    with transaction.atomic(using=connection.alias):
        schema_lock(connection, schema)
        tables = _tables(connection, schema)[:_DROP_BATCH]
        if tables:
            _execute(connection, SQL("DROP TABLE {} CASCADE").format(SQL(", ").join(tables)))
    return bool(tables)


def _tables(connection: DatabaseWrapper, schema: str) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_catalog.pg_tables WHERE schemaname = %s ORDER BY 1", [schema])
        return [Identifier(schema, name) for (name,) in cursor.fetchall()]


def _execute(connection: DatabaseWrapper, statement: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement.as_string(connection.connection))
