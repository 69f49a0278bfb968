"""Tables that grant and protect themselves, in a tenant's schema and in the platform's alike."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import DatabaseError
from django.db.migrations.state import ProjectState

from core.tenancy import cursor, platform_context, tenant_context
from core.tenancy.backend.base import owner_context
from core.tenancy.operations import append_only, writable_while_read_only
from tests.support.twins import Twins

OPERATIONS = [
    append_only("kept"),
    writable_while_read_only("kept_open"),
    writable_while_read_only("kept", privileges="UPDATE (word)"),
]
TABLES = "CREATE TABLE kept (id int, word text); CREATE TABLE kept_open (id int)"


@pytest.fixture(params=["tenant", "platform"])
def schema(request: pytest.FixtureRequest, committed: Twins) -> Iterator[str]:
    """A schema with two tables of a room, made by the owner."""
    name = committed.first.schema if request.param == "tenant" else "public"
    as_owner(name, TABLES)
    apply(name, forwards=True)
    yield name
    as_owner(name, "DROP TABLE kept, kept_open; DROP FUNCTION IF EXISTS kept_refuse_change")


def as_owner(schema: str, statement: str) -> None:
    with owner_context(cell="default", schema=schema), cursor() as opened:
        opened.execute(statement)


def apply(schema: str, *, forwards: bool) -> None:
    state = ProjectState()
    with owner_context(cell="default", schema=schema) as owner, owner.schema_editor() as editor:
        for operation in OPERATIONS if forwards else reversed(OPERATIONS):
            move = operation.database_forwards if forwards else operation.database_backwards
            move("users", editor, state, state)


def context(schema: str, twins: Twins, **options: Any) -> Any:
    return platform_context() if schema == "public" else tenant_context(twins.first, **options)


CHANGES = ["UPDATE kept SET id = 2", "DELETE FROM kept", "TRUNCATE kept"]


@pytest.mark.parametrize("change", CHANGES)
def test_rows_are_added_and_never_changed(change: str, schema: str, committed: Twins):
    with context(schema, committed), cursor() as opened:
        opened.execute("INSERT INTO kept VALUES (1, 'a') RETURNING id")
        assert opened.fetchone() == (1,)
        with pytest.raises(DatabaseError, match="permission denied"):
            opened.execute(change)
        opened.execute("SELECT id FROM kept")
        assert opened.fetchall() == [(1,)]


@pytest.mark.parametrize("change", CHANGES)
def test_not_even_the_owner_changes_them(change: str, schema: str):
    with owner_context(cell="default", schema=schema), cursor() as opened:
        opened.execute("INSERT INTO kept VALUES (1, 'a')")
        with pytest.raises(DatabaseError, match="kept is append-only"):
            opened.execute(change)


def test_a_read_only_tenant_writes_what_it_was_granted(schema: str, committed: Twins):
    if schema == "public":
        with platform_context(), cursor() as opened:
            opened.execute("INSERT INTO kept_open VALUES (1)")
        return
    with tenant_context(committed.first, read_only=True), cursor() as opened:
        opened.execute("INSERT INTO kept_open VALUES (1)")
        opened.execute("UPDATE kept_open SET id = 2")
        opened.execute("DELETE FROM kept_open")
        with pytest.raises(DatabaseError, match="permission denied"):
            opened.execute("INSERT INTO kept VALUES (1, 'a')")
        with pytest.raises(DatabaseError, match="permission denied"):
            opened.execute("UPDATE kept SET id = 2")


def test_the_way_back_takes_it_away(schema: str, committed: Twins):
    apply(schema, forwards=False)
    with context(schema, committed), cursor() as opened:
        opened.execute("INSERT INTO kept VALUES (1, 'a')")
        opened.execute("UPDATE kept SET id = 2")
        opened.execute("DELETE FROM kept")
    if schema != "public":
        with (
            tenant_context(committed.first, read_only=True),
            cursor() as opened,
            pytest.raises(DatabaseError, match="permission denied"),
        ):
            opened.execute("INSERT INTO kept_open VALUES (1)")
