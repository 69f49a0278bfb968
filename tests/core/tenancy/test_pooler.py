"""Behind a pooler in transaction mode, where clients share a server connection that nobody resets."""

import io
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.db import DatabaseError, connection, connections, transaction

from core import clock
from core.tenancy import TenantRef, atomic, cursor, platform_context, tenant_context
from core.tenancy.errors import TenancyError
from tests.support.markers import put_marker, put_markers, read_marker
from tests.support.pooler import pooler
from tests.support.twins import Twins


@pytest.fixture
def pooled(committed: Twins, settings: Any, tmp_path: Path) -> Iterator[Twins]:
    """The twins behind a pooler with one server connection, and the setting that says so."""
    put_markers(committed)
    connections.close_all()
    values = settings.DATABASES["default"]
    given = {name: values[name] for name in ("HOST", "PORT", "OPTIONS")}
    parameters = {
        "host": values["HOST"] or values["OPTIONS"]["host"],
        "user": values["USER"],
        "password": values["PASSWORD"],
        "dbname": values["NAME"],
    }
    with pooler(tmp_path, "", **parameters):
        values |= {"HOST": str(tmp_path), "PORT": "5432", "OPTIONS": {}}
        settings.DATABASE_POOLER = "transaction"
        try:
            yield committed
        finally:
            connections.close_all()
            values |= given


def alternate(twins: Twins, ask: Callable[[], Any]) -> dict[str, list[Any]]:
    """What each twin's and the platform's thread is told, in turns, over connections of their own."""
    found: dict[str, list[Any]] = {"north": [], "south": [], "platform": []}
    turns = threading.Barrier(3)

    def work(context: Callable[[], Any], name: str) -> None:
        try:
            for _ in range(20):
                turns.wait(30)
                with context():
                    found[name].append(ask())
        finally:
            connections.close_all()

    def of(ref: TenantRef) -> Callable[[], Any]:
        return lambda: tenant_context(ref)

    contexts = {"north": of(twins.first), "south": of(twins.second), "platform": platform_context}
    threads = [threading.Thread(target=work, args=(context, name)) for name, context in contexts.items()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def in_autocommit() -> Any:
    return read_marker()


def in_a_transaction() -> Any:
    with atomic():
        assert read_marker() == read_marker()
        return read_marker()


def in_a_savepoint() -> Any:
    with atomic():
        with pytest.raises(KeyError), atomic():
            read_marker()
            raise KeyError
        with atomic():
            return read_marker()


def back_to_a_savepoint_after_an_error() -> Any:
    with atomic():
        outer = transaction.savepoint()
        with pytest.raises(KeyError), atomic():
            raise KeyError
        with pytest.raises(DatabaseError), connection.cursor() as opened:
            opened.execute("SELECT 1/0")
        transaction.savepoint_rollback(outer)
        return read_marker()


def after_an_error() -> Any:
    with pytest.raises(DatabaseError), atomic(), cursor() as opened:
        opened.execute("SELECT 1/0")
    return read_marker()


def in_chunks() -> Any:
    return [session.session_data for session in Session.objects.filter(session_key="marker").iterator(chunk_size=1)]


def by_copy() -> Any:
    copied = io.StringIO()
    with atomic(), cursor() as opened:
        opened.copy_expert("COPY (SELECT session_data FROM django_session) TO STDOUT", copied)
    return copied.getvalue().split()


def by_many_values() -> Any:
    with cursor() as opened:
        opened.executemany("UPDATE django_session SET expire_date = %s", [[clock.now()], [clock.now()]])
    return read_marker()


@pytest.mark.parametrize(
    "ask",
    [
        in_autocommit,
        in_a_transaction,
        in_a_savepoint,
        back_to_a_savepoint_after_an_error,
        after_an_error,
        in_chunks,
        by_copy,
        by_many_values,
    ],
)
def test_everybody_gets_their_own(ask: Callable[[], Any], pooled: Twins):
    found = alternate(pooled, ask)
    assert found == {name: [[name]] * 20 for name in found}


def test_without_the_setting_somebody_would_get_anothers(pooled: Twins, settings: Any):
    """So this pooler does mix its clients, and the other tests could fail."""
    settings.DATABASE_POOLER = ""
    found: list[Any] = []
    with tenant_context(pooled.first):
        read_marker()

        def work() -> None:
            with tenant_context(pooled.second):
                found.append(read_marker())
            connections.close_all()

        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
        # Another client's SET reached the shared session, and a pooler before 1.20 reports no change of the path.
        found.append(read_marker())
    assert found == [["south"], ["south"]]


def test_nothing_stays_on_the_shared_connection(pooled: Twins):
    with tenant_context(pooled.first), atomic():
        put_session("a")
        with pytest.raises(KeyError), atomic():
            put_session("b")
            raise KeyError
        put_session("c")
    with connection.connection.cursor() as raw:
        raw.execute("SELECT current_user, current_setting('search_path')")
        assert raw.fetchone() == ("livery_app", "pg_catalog")
    with tenant_context(pooled.first):
        assert set(Session.objects.values_list("pk", flat=True)) == {"marker", "a", "c"}


def put_session(key: str) -> None:
    Session(session_key=key, session_data=key, expire_date=clock.now()).save(force_insert=True)


def test_copy_needs_a_transaction(pooled: Twins):
    with tenant_context(pooled.first), cursor() as opened, pytest.raises(TenancyError, match="atomic"):
        opened.copy_expert("COPY django_session TO STDOUT", io.StringIO())


def test_copy_writes_in_a_transaction(pooled: Twins):
    with tenant_context(pooled.first), atomic(), cursor() as opened:
        opened.copy_expert("COPY django_session FROM STDIN", io.StringIO("x\ty\t2030-01-01 00:00Z\n"))
    with tenant_context(pooled.second):
        assert not Session.objects.filter(pk="x").exists()
    with tenant_context(pooled.first):
        assert Session.objects.filter(pk="x").exists()


def test_limits_travel_with_the_statement(pooled: Twins, settings: Any):
    settings.DATABASE_STATEMENT_MILLISECONDS = 1234
    with tenant_context(pooled.first), cursor() as opened:
        opened.execute("SHOW statement_timeout")
        assert opened.fetchone() == ("1234ms",)
        opened.execute("SELECT '100%%', %s", ["%s"])
        assert opened.fetchone() == ("100%", "%s")
    with tenant_context(pooled.first), atomic(), cursor() as opened:
        opened.execute("SET LOCAL lock_timeout = 100")
        opened.execute("SELECT current_setting('lock_timeout'), current_setting('statement_timeout')")
        assert opened.fetchone() == ("100ms", "1234ms")


def test_the_health_of_the_connection_can_be_asked(pooled: Twins):
    with tenant_context(pooled.first):
        read_marker()
        assert connection.is_usable()


def test_a_transaction_whose_client_has_gone_leaves_nothing(pooled: Twins):
    def work() -> None:
        with tenant_context(pooled.first), pytest.raises(KeyError), atomic():
            put_marker_again()
            connection.connection.close()
            raise KeyError
        connections.close_all()

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    with tenant_context(pooled.second):
        assert read_marker() == ["south"]
    with tenant_context(pooled.first):
        assert Session.objects.count() == 1


def put_marker_again() -> None:
    Session.objects.all().delete()
    put_marker("lost")
