import io
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.contenttypes.models import ContentType
from django.db import DatabaseError, IntegrityError, close_old_connections, connection, connections, transaction
from django.db.backends.postgresql.base import DatabaseWrapper as PlainWrapper

from core.tenancy import TenantRef, atomic, cursor, platform_context, tenant_context
from core.tenancy.backend import cursors
from core.tenancy.backend.base import DatabaseWrapper
from core.tenancy.errors import TenancyError
from tests.support.databases import database
from tests.support.markers import put_markers, read_marker
from tests.support.twins import Twins


@pytest.fixture
def marked(committed: Twins) -> Twins:
    put_markers(committed)
    return committed


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The schemas of the sessions that were set on the server."""
    schemas: list[str] = []
    statements = DatabaseWrapper._session_statements

    def spy(wrapper: DatabaseWrapper, scope: Any) -> str:
        schemas.append(scope.schema)
        return statements(wrapper, scope)

    monkeypatch.setattr(DatabaseWrapper, "_session_statements", spy)
    return schemas


def server_session() -> tuple[str, str]:
    """Role and path as the server has them, asked past the wrapper."""
    with connection.connection.cursor() as raw:
        raw.execute("SELECT current_user, current_setting('search_path')")
        return raw.fetchone()


def test_each_context_has_its_own_role_and_path(marked: Twins):
    for tenant in (marked.first, marked.second, marked.first):
        with tenant_context(tenant):
            assert read_marker() == [tenant.slug]
            assert server_session() == (tenant.schema, tenant.schema)
    with platform_context():
        assert read_marker() == ["platform"]
        assert server_session() == ("livery_platform", "public")


def test_the_session_is_sent_once_for_each_entry(marked: Twins, sent: list[str]):
    first, second = marked.first, marked.second
    for tenant in (first, first, second):
        with tenant_context(tenant):
            read_marker()
            read_marker()
    assert sent == [first.schema, first.schema, second.schema]


def test_a_session_that_was_changed_behind_the_back_is_set_right_by_the_next_entry(marked: Twins):
    with tenant_context(marked.first):
        read_marker()
    with connection.connection.cursor() as raw:
        raw.execute(f'SET ROLE "{marked.second.schema}"')
    with tenant_context(marked.first):
        assert read_marker() == ["north"]
        assert server_session()[0] == marked.first.schema


@pytest.mark.parametrize(
    ("end", "mechanism"),
    [
        *[(end, mechanism) for end in ("rollback", "savepoint", "error") for mechanism in ("reported", "forgotten")],
        # Past the wrapper there is nothing to notice it by but the server's word.
        ("raw", "reported"),
    ],
)
def test_a_rollback_that_undoes_the_session_is_noticed(
    end: str, mechanism: str, marked: Twins, monkeypatch: pytest.MonkeyPatch
):
    """By two mechanisms, each enough: the wrapper forgets what it set, and the server tells of its path."""
    if mechanism == "reported":
        monkeypatch.setattr(DatabaseWrapper, "forget_session", lambda wrapper: None)
        keep_applied(monkeypatch)
    else:
        monkeypatch.setattr(DatabaseWrapper, "_is_reported", lambda wrapper, scope: True)
    with tenant_context(marked.first):
        read_marker()
    with tenant_context(marked.second):
        if end == "savepoint":
            with atomic():
                undo_in_savepoint()
                assert read_marker() == ["south"]
        elif end == "raw":
            connection.set_autocommit(False)
            read_marker()
            connection.connection.rollback()
            connection.set_autocommit(True)
        else:
            with pytest.raises(KeyError), atomic():
                read_marker()
                if end == "error":
                    cause_error()
                raise KeyError
        assert read_marker() == ["south"]
        assert server_session() == (marked.second.schema, marked.second.schema)


def undo_in_savepoint() -> None:
    with pytest.raises(KeyError), atomic():
        read_marker()
        raise KeyError


def cause_error() -> None:
    with pytest.raises(DatabaseError), cursor() as opened:
        opened.execute("SELECT 1/0")


def keep_applied(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the wrapper believe for ever that its session is what it last set."""

    def nothing(name: str) -> Any:
        original = getattr(DatabaseWrapper, name)

        def keeping(wrapper: DatabaseWrapper, *args: Any) -> Any:
            applied = wrapper._applied
            try:
                return original(wrapper, *args)
            finally:
                wrapper._applied = applied

        return keeping

    for name in ("_rollback", "savepoint_rollback"):
        monkeypatch.setattr(DatabaseWrapper, name, nothing(name))


def test_a_statement_that_may_change_the_session_is_followed_by_a_new_one(
    marked: Twins, sent: list[str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(cursors, "examine", lambda sql, scope: None)
    with tenant_context(marked.first):
        read_marker()
        with cursor() as opened:
            opened.execute(f'SET ROLE "{marked.second.schema}"')
        assert read_marker() == ["north"]
        with cursor() as opened, pytest.raises(DatabaseError):
            opened.execute("SET nonsense.at all")
        assert read_marker() == ["north"]
    assert len(sent) == 3


def test_a_new_connection_has_no_session_yet(marked: Twins, sent: list[str]):
    with tenant_context(marked.first):
        read_marker()
        connection.close()
        assert read_marker() == ["north"]
    assert len(sent) == 2


def test_a_killed_connection_is_replaced_and_gets_its_session(marked: Twins):
    connection.ensure_connection()
    with tenant_context(marked.first):
        read_marker()
        end_backend()
        with pytest.raises(DatabaseError):
            read_marker()
    close_old_connections()
    with tenant_context(marked.second):
        assert read_marker() == ["south"]


def test_a_connection_that_the_server_ended_is_replaced_before_it_is_used(
    marked: Twins, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setitem(connection.settings_dict, "CONN_HEALTH_CHECKS", True)
    connection.close()
    connection.ensure_connection()
    end_backend()
    close_old_connections()
    with tenant_context(marked.second):
        assert read_marker() == ["south"]
    end_backend()
    close_old_connections()
    with tenant_context(marked.first), atomic():
        assert read_marker() == ["north"]


def test_a_connection_that_lives_is_not_asked(committed: Twins, monkeypatch: pytest.MonkeyPatch):
    connection.ensure_connection()
    monkeypatch.setattr(PlainWrapper, "is_usable", lambda wrapper: pytest.fail("asked"))
    assert connection.is_usable()


def test_a_connection_with_news_is_asked(committed: Twins):
    connection.ensure_connection()
    with connection.connection.cursor() as raw:
        raw.execute("LISTEN news")
    with database() as admin:
        admin.execute("NOTIFY news")
    assert connection.is_usable()
    end_backend()
    assert not connection.is_usable()
    connection.connection.close()
    assert not connection.is_usable()


def test_a_savepoint_is_reached_from_a_session_that_an_error_took_away(marked: Twins):
    with tenant_context(marked.first):
        read_marker()
    with tenant_context(marked.second), atomic():
        outer = transaction.savepoint()
        undo_in_savepoint()
        with pytest.raises(DatabaseError), connection.cursor() as opened:
            opened.execute("SELECT 1/0")
        transaction.savepoint_rollback(outer)
        assert read_marker() == ["south"]
        assert server_session() == (marked.second.schema, marked.second.schema)


def test_the_session_travels_with_the_first_statement_and_is_undone_with_it(marked: Twins, sent: list[str]):
    with tenant_context(marked.first):
        read_marker()
    with tenant_context(marked.second):
        with pytest.raises(DatabaseError), connection.cursor() as opened:
            opened.execute("SELECT 1/0")
        assert server_session() == (marked.first.schema, marked.first.schema)
        assert read_marker() == ["south"]
    assert sent == [marked.first.schema, marked.second.schema, marked.second.schema]


def test_many_values_that_are_none_set_no_session(marked: Twins):
    with tenant_context(marked.first):
        read_marker()
    with tenant_context(marked.first, read_only=True):
        with cursor() as opened:
            opened.executemany("UPDATE django_session SET session_data = %s", [])
        assert server_session()[0] == marked.first.role
        assert read_marker() == ["north"]
        assert server_session()[0] == marked.first.read_only_role


def fail_in_a_statement() -> None:
    with pytest.raises(DatabaseError), cursor() as opened:
        opened.execute("SELECT 1/0")


def fail_in_a_copy() -> None:
    with pytest.raises(DatabaseError), cursor() as opened:
        opened.copy_expert("COPY (SELECT 1/0) TO STDOUT", io.StringIO())


def fail_in_a_fetch() -> None:
    with connection.chunked_cursor() as opened:
        opened.execute("SELECT 1/(3 - n) FROM generate_series(1, 3) n")
        with pytest.raises(DatabaseError):
            opened.fetchall()


@pytest.mark.parametrize("fail", [fail_in_a_statement, fail_in_a_copy, fail_in_a_fetch])
def test_a_commit_after_an_error_undoes_the_session(fail: Callable[[], None], marked: Twins):
    """PostgreSQL answers such a COMMIT with ROLLBACK and no error, and nothing tells of a role that it took back."""
    with tenant_context(marked.first):
        read_marker()
    with tenant_context(marked.first, read_only=True):
        with atomic():
            read_marker()
            fail()
        assert server_session()[0] == marked.first.role
        with pytest.raises(DatabaseError, match="permission denied"):
            ContentType.objects.create(app_label="written", model="by_a_reader")
        assert read_marker() == ["north"]
        assert server_session()[0] == marked.first.read_only_role


def test_a_commit_that_fails_undoes_the_session(marked: Twins, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(DatabaseWrapper, "_is_reported", lambda wrapper, scope: True)
    with tenant_context(marked.first):
        read_marker()
    with tenant_context(marked.second):
        connection.set_autocommit(False)
        with cursor() as opened:
            # The reference is looked up by the commit.
            opened.execute("INSERT INTO auth_permission (name, content_type_id, codename) VALUES ('', 0, '')")
        with pytest.raises(IntegrityError):
            connection.commit()
        connection.set_autocommit(True)
        assert server_session() == (marked.first.schema, marked.first.schema)
        assert read_marker() == ["south"]


def test_without_a_connection_there_is_nothing_to_commit(committed: Twins):
    connection.close()
    connection.commit()
    assert connection.connection is None


def test_who_watches_statements_sees_them_as_they_were_written(marked: Twins):
    seen: list[str] = []

    def watch(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        seen.append(sql)
        return execute(sql, params, many, context)

    with tenant_context(marked.first), connection.execute_wrapper(watch), cursor() as opened:
        opened.execute("SELECT %s", [1])
        opened.execute("SELECT 2")
    assert seen == ["SELECT %s", "SELECT 2"]


def end_backend() -> None:
    with database() as admin:
        admin.execute("SELECT pg_terminate_backend(%s, 5000)", [connection.connection.get_backend_pid()])


def test_a_tenant_whose_role_is_gone_gets_nothing(marked: Twins):
    gone = TenantRef(
        **{name: getattr(marked.first, name) for name in TenantRef.__slots__} | {"schema": "t_" + "0" * 20}
    )
    with tenant_context(marked.first):
        read_marker()
    with tenant_context(gone), pytest.raises(DatabaseError, match="does not exist"):
        read_marker()
    with tenant_context(marked.second):
        assert read_marker() == ["south"]


def test_without_a_scope_the_session_is_the_login_role_and_nothing_to_find(marked: Twins):
    with tenant_context(marked.first):
        read_marker()
    connection.bring_session(None)
    assert server_session() == ("livery_app", "pg_catalog")


def test_only_a_context_chooses_a_schema(tenant: TenantRef):
    for choose in (connection.set_tenant, connection.set_schema):
        with pytest.raises(TenancyError):
            choose(tenant)
    assert connection.schema_name is None
    with tenant_context(tenant):
        assert connection.schema_name == tenant.schema


def test_every_session_has_limits(tenant: TenantRef):
    with tenant_context(tenant), cursor() as opened:
        opened.execute("SELECT name, setting FROM pg_settings WHERE name ~ '(statement|lock|session)_timeout$'")
        limits = dict(opened.fetchall())
    assert limits["lock_timeout"] == "5000"
    assert limits["idle_in_transaction_session_timeout"] == "60000"
    assert limits["statement_timeout"] == "15000"


def test_content_types_are_not_remembered_from_another_schema(tenant: TenantRef, other_tenant: TenantRef):
    def table_id() -> int:
        return ContentType.objects.get_for_model(ContentType).pk

    for ref, pk in ((tenant, 1001), (other_tenant, 1002)):
        with tenant_context(ref):
            ContentType.objects.all().delete()
            ContentType.objects.create(pk=pk, app_label="contenttypes", model="contenttype")
    for ref, pk in ((tenant, 1001), (other_tenant, 1002), (tenant, 1001)):
        with tenant_context(ref):
            assert table_id() == pk


def test_deferred_constraints_can_be_checked_outside_of_a_context(tenant: TenantRef):
    with tenant_context(tenant):
        read_marker()
    connection.check_constraints()


def test_connecting_needs_no_context(committed: Twins):
    connections["default"].ensure_connection()
    assert connections["default"].pg_version >= 160_000


def test_a_statement_on_a_closed_connection_is_an_error_of_the_database(committed: Twins):
    with tenant_context(committed.first):
        stale = connection.cursor()
        connection.close()
        with pytest.raises(DatabaseError.__base__):
            stale.execute("SELECT 1")


def test_transactions_are_open_only_in_their_own_context(marked: Twins):
    with tenant_context(marked.first), transaction.atomic():
        assert read_marker() == ["north"]
