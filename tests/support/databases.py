"""A database of a test's own: a copy of the prepared one, with its template, its steps and its two organisations."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import psycopg2
from django.conf import settings
from django.db import connections
from psycopg2.sql import SQL, Identifier

from core.tenancy import directory


@contextmanager
def copied_database(name: str) -> Iterator[str]:
    """Work in a copy of the test database until the block ends, then drop it with the roles that were made for it."""
    values = settings.DATABASES["default"]
    original, copy = values["NAME"], f"{values['NAME']}_{name}"
    with superuser() as cursor:
        _copy(cursor, original, copy, values["OWNER"]["USER"])
    own = _tenant_schemas(copy)
    _switch(copy)
    try:
        yield copy
    finally:
        made = _tenant_schemas(copy) - own
        _switch(original)
        with superuser() as cursor:
            _drop(cursor, copy)
            for role in sorted({*made, *(f"{schema}_ro" for schema in made)}):
                cursor.execute(SQL("DROP ROLE {}").format(Identifier(role)))


def database() -> AbstractContextManager[Any]:
    """A superuser's cursor in the database that is being tested."""
    return superuser(dbname=settings.DATABASES["default"]["NAME"])


@contextmanager
def superuser(**parameters: Any) -> Iterator[Any]:
    """A cursor of the server's superuser, each statement committed by itself."""
    connection = psycopg2.connect(settings.DATABASES["default"]["ADMIN_URL"], **parameters)
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            yield cursor
    finally:
        connection.close()


def _copy(cursor: Any, original: str, copy: str, owner: str) -> None:
    connections.close_all()
    _drop(cursor, copy)
    cursor.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [original])
    names = {"copy": Identifier(copy), "original": Identifier(original), "owner": Identifier(owner)}
    cursor.execute(SQL("CREATE DATABASE {copy} TEMPLATE {original} OWNER {owner}").format(**names))


def _drop(cursor: Any, name: str) -> None:
    cursor.execute(SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(Identifier(name)))


def _switch(name: str) -> None:
    connections.close_all()
    settings.DATABASES["default"]["NAME"] = name
    directory().forget()


def _tenant_schemas(name: str) -> set[str]:
    with superuser(dbname=name) as cursor:
        cursor.execute("SELECT nspname FROM pg_namespace WHERE nspname ~ '^t_[0-9a-z]{20}$'")
        return {schema for (schema,) in cursor.fetchall()}
