import pytest
from django.db import connection, transaction
from django.db.utils import IntegrityError

from core.tenancy import (
    TenantRef,
    atomic,
    current_tenant,
    cursor,
    in_transaction,
    on_commit,
    platform_context,
    tenant_context,
)
from core.tenancy.errors import NoContext
from tests.support.markers import marker_of, put_marker, read_marker
from tests.support.twins import Twins


def test_a_transaction_is_kept_whole_or_undone(committed: Twins):
    with tenant_context(committed.first):
        with pytest.raises(KeyError), atomic():
            put_marker("undone")
            raise KeyError
        assert read_marker() == []
        with atomic():
            put_marker("kept")
            assert in_transaction()
        assert not in_transaction()
    assert marker_of(committed.first) == ["kept"]
    assert marker_of(committed.second) == []


def test_a_function_can_be_a_transaction(committed: Twins):
    @atomic()
    def fail() -> None:
        put_marker("undone")
        raise KeyError

    for ref in (committed.first, committed.second):
        with tenant_context(ref), pytest.raises(KeyError):
            fail()
        assert marker_of(ref) == []


def test_a_savepoint_is_undone_alone(committed: Twins):
    with tenant_context(committed.first), atomic():
        put_marker("kept")
        with pytest.raises(IntegrityError), atomic():
            put_marker("twice")
        assert read_marker() == ["kept"]
        with pytest.raises(KeyError), atomic(savepoint=False):
            raise KeyError
        transaction.set_rollback(False)
    assert marker_of(committed.first) == ["kept"]


def test_a_durable_transaction_is_the_outermost(committed: Twins):
    with tenant_context(committed.first), atomic(), pytest.raises(RuntimeError), atomic(durable=True):
        pytest.fail("entered")


def test_what_follows_the_commit_runs_in_the_context_of_its_registration(committed: Twins):
    followed: list[TenantRef] = []
    with tenant_context(committed.first):
        with atomic():
            on_commit(lambda: followed.append(current_tenant()))
            assert followed == []
        assert followed == [committed.first]
        on_commit(lambda: followed.append(current_tenant()))
    assert followed == [committed.first] * 2


def test_what_follows_a_commit_may_enter_another_context_and_begin_anew(committed: Twins):
    seen: list[list[str]] = []

    def follow() -> None:
        with tenant_context(committed.second), atomic():
            put_marker("second")
        with platform_context():
            seen.append(read_marker())

    with tenant_context(committed.first), atomic():
        put_marker("first")
        on_commit(follow)
    assert (marker_of(committed.first), marker_of(committed.second), seen) == (["first"], ["second"], [[]])


def test_nothing_follows_a_rollback(committed: Twins):
    with tenant_context(committed.first), pytest.raises(KeyError), atomic():
        on_commit(lambda: pytest.fail("ran"))
        raise KeyError


def test_callbacks_of_a_tests_transaction_run_in_their_own_contexts(
    tenant: TenantRef, other_tenant: TenantRef, django_capture_on_commit_callbacks
):
    ran = []
    with django_capture_on_commit_callbacks(execute=True):
        for ref in (tenant, other_tenant):
            with tenant_context(ref):
                on_commit(lambda: ran.append(current_tenant().slug))
    assert ran == ["north", "south"]


def test_nothing_of_a_transaction_works_without_a_context(db: None):
    for use in (atomic, cursor):
        with pytest.raises(NoContext), use():
            pytest.fail("entered")
    with pytest.raises(NoContext):
        on_commit(lambda: None)
    with pytest.raises(NoContext):
        in_transaction()


def test_a_cursor_is_closed_at_the_end(tenant: TenantRef):
    with tenant_context(tenant):
        with cursor() as opened:
            opened.execute("SELECT 1")
        assert opened.cursor.closed
        with connection.cursor() as other:
            other.execute("SELECT 1")
