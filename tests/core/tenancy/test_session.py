from typing import Any

import pytest
from django.contrib.contenttypes.models import ContentType
from django.db import DatabaseError, close_old_connections, connection, connections, transaction

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
    send = DatabaseWrapper._send_session

    def spy(wrapper: DatabaseWrapper, scope: Any) -> None:
        schemas.append(scope.schema)
        send(wrapper, scope)

    monkeypatch.setattr(DatabaseWrapper, "_send_session", spy)
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


def test_setting_the_session_is_the_health_check(marked: Twins, sent: list[str], monkeypatch: pytest.MonkeyPatch):
    with tenant_context(marked.first):
        read_marker()
    monkeypatch.setitem(connection.settings_dict, "CONN_HEALTH_CHECKS", True)
    connection.close()
    connection.ensure_connection()
    end_backend()
    close_old_connections()
    with tenant_context(marked.second):
        assert read_marker() == ["south"]
    close_old_connections()
    with tenant_context(marked.second), atomic():
        assert read_marker() == ["south"]
    assert sent == [marked.first.schema, *[marked.second.schema] * 3]


def test_the_health_of_a_connection_can_be_asked_without_a_context(committed: Twins):
    connection.ensure_connection()
    assert connection.is_usable()
    end_backend()
    assert not connection.is_usable()


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
