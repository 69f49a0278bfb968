import threading
from contextvars import copy_context
from typing import Any

import pytest
from django.db import DatabaseError, connection, connections

from core.tenancy import TenantRef, atomic, current_scope, cursor, platform_context, tenant_context
from core.tenancy.backend.base import owner_context
from core.tenancy.context import PLATFORM_CELL
from core.tenancy.errors import ContextSwitchInTransaction, CrossedContext, OwnerUnavailable
from shared_apps.users.models import Role, User
from tests.support.markers import put_marker, read_marker
from tests.support.twins import Twins


def who() -> tuple[str, str, str]:
    with cursor() as opened:
        opened.execute("SELECT session_user, current_user, current_setting('search_path')")
        return opened.fetchone()


def test_the_owner_works_in_one_schema_on_a_connection_of_its_own(committed: Twins):
    first = committed.first
    with tenant_context(first):
        put_marker("north")
    application = connection.connection
    with owner_context(cell=first.cell, schema=first.schema) as owner:
        assert who() == ("livery_owner", "livery_owner", first.schema)
        assert connections[PLATFORM_CELL] is owner
        assert read_marker() == ["north"]
        with owner.schema_editor() as editor:
            editor.execute("CREATE TABLE mine (id int); DROP TABLE mine")
        with cursor() as opened:
            opened.execute("SHOW statement_timeout")
            assert opened.fetchone() == ("0",)
    assert connection.connection is application
    with tenant_context(first):
        assert who() == ("livery_app", first.role, first.schema)
    assert owner.connection is None


def test_the_application_is_back_after_an_error(committed: Twins):
    before = connections[PLATFORM_CELL]
    with pytest.raises(KeyError), owner_context(cell=PLATFORM_CELL, schema="public"):
        raise KeyError
    with pytest.raises(DatabaseError), owner_context(cell=PLATFORM_CELL, schema="public"), cursor() as opened:
        opened.execute("SELECT 1/0")
    assert connections[PLATFORM_CELL] is before
    assert current_scope() is None


def test_the_application_is_back_when_the_owners_connection_cannot_be_closed(
    committed: Twins, monkeypatch: pytest.MonkeyPatch
):
    before = connections[PLATFORM_CELL]

    def fail() -> None:
        raise OSError("broken")

    with pytest.raises(OSError, match="broken"), owner_context(cell=PLATFORM_CELL, schema="public") as owner:
        monkeypatch.setattr(owner, "close", fail)
    assert connections[PLATFORM_CELL] is before


def test_the_owner_is_refused_inside_a_transaction(committed: Twins):
    with tenant_context(committed.first), atomic(), pytest.raises(ContextSwitchInTransaction):
        owner_context(cell=PLATFORM_CELL, schema="public").__enter__()
    with platform_context():
        assert not connection.is_owner


def test_a_process_without_the_owners_credentials_is_refused(committed: Twins, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(connections[PLATFORM_CELL].settings_dict, "OWNER", {"USER": "", "PASSWORD": ""})
    with pytest.raises(OwnerUnavailable, match="DATABASE_OWNER_URL"):
        owner_context(cell=PLATFORM_CELL, schema="public").__enter__()


def test_owners_nest(committed: Twins):
    first, second = committed.first, committed.second
    with owner_context(cell=first.cell, schema=first.schema) as outer:
        with owner_context(cell=second.cell, schema=second.schema):
            assert who()[2] == second.schema
        assert connections[PLATFORM_CELL] is outer
        assert who()[2] == first.schema


def test_the_owners_connection_serves_no_other_context(committed: Twins):
    with owner_context(cell=PLATFORM_CELL, schema="public"):
        for context in (tenant_context(committed.first), platform_context()):
            with context, pytest.raises(CrossedContext):
                read_marker()


def test_what_the_owner_loaded_is_refused_by_the_application(committed: Twins):
    first: TenantRef = committed.first
    with owner_context(cell=first.cell, schema=first.schema):
        by_router = Role.objects.first()
        by_alias = Role.objects.using(PLATFORM_CELL).first()
        by_alias.save()
        User.objects.bulk_create([])
    with tenant_context(first):
        for role in (by_router, by_alias):
            with pytest.raises(CrossedContext):
                role.save()


def test_a_statement_of_the_owner_may_name_any_schema(committed: Twins):
    with owner_context(cell=PLATFORM_CELL, schema="public"), cursor() as opened:
        opened.execute(f"SELECT count(*) FROM {committed.first.schema}.users_role; SELECT 1")
        assert opened.fetchone() == (1,)


def test_the_owners_context_does_not_serve_the_applications_connection(committed: Twins):
    """As in a thread that took the owner's context along, but not its connection."""
    found: list[Any] = []

    def work() -> None:
        try:
            found.append(read_marker())
        except CrossedContext:
            found.append("refused")

    with owner_context(cell=PLATFORM_CELL, schema=committed.first.schema):
        thread = threading.Thread(target=copy_context().run, args=(work,))
        thread.start()
        thread.join()
    assert found == ["refused"]
