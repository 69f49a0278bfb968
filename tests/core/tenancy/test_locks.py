"""Each way of leaking, and the locks of which any single one is enough against it."""

import io
import threading
from collections.abc import Callable, Iterator
from typing import Any

import psycopg2
import pytest
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import DatabaseError, connections
from psycopg2.sql import SQL, Identifier

from core.tenancy import cursor, tenant_context
from core.tenancy.errors import TenancyError
from shared_apps.tenants.models import Tenant
from tests.support.cleaning import clean_database
from tests.support.locks import CONTEXT, PATH, ROLE, remove_lock
from tests.support.markers import KEY, PLATFORM, marker_of, put_markers, read_marker
from tests.support.twins import Twins

LOCKS = (CONTEXT, PATH, ROLE)


@pytest.fixture(scope="module")
def marked(twins: Twins, django_db_blocker: Any) -> Iterator[Twins]:
    with django_db_blocker.unblock():
        put_markers(twins)
        yield twins
        connections.close_all()
        clean_database(kept_schemas=(twins.first.schema, twins.second.schema))
        connections.close_all()


@pytest.fixture(autouse=True)
def _own_connections() -> Iterator[None]:
    connections.close_all()
    yield
    connections.close_all()


def a_plain_query(twins: Twins) -> Any:
    with tenant_context(twins.second):
        return read_marker()


def a_query_after_its_context_was_left(twins: Twins) -> Any:
    with tenant_context(twins.first):
        read_marker()
    return read_marker()


def a_queryset_evaluated_after_its_context_was_left(twins: Twins) -> Any:
    with tenant_context(twins.first):
        lazy = Session.objects.filter(session_key=KEY).values_list("session_data", flat=True)
    return list(lazy)


def a_thread_without_a_context(twins: Twins) -> Any:
    found: list[Any] = []

    def work() -> None:
        try:
            found.extend(read_marker())
        except (DatabaseError, TenancyError):
            found.append("refused")
        finally:
            connections.close_all()

    with tenant_context(twins.first):
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
    return found


def a_table_that_the_tenant_lacks(twins: Twins) -> Any:
    with renamed_table(twins.second.schema), tenant_context(twins.second):
        return read_marker()


def a_query_that_names_the_others_schema(twins: Twins) -> Any:
    return rows(twins, f'SELECT session_data FROM "{twins.first.schema}".django_session')


def a_query_that_names_the_platforms_schema(twins: Twins) -> Any:
    return rows(twins, "SELECT session_data FROM public.django_session")


def a_query_that_spells_the_others_schema_in_escapes(twins: Twins) -> Any:
    escaped = "".join(f"\\{ord(letter):04x}" for letter in twins.first.schema)
    return rows(twins, f'SELECT session_data FROM U&"{escaped}".django_session')


def a_query_that_another_query_puts_together(twins: Twins) -> Any:
    first, rest = twins.first.schema[:8], twins.first.schema[8:]
    statement = f"'SELECT to_tsvector(session_data) FROM {first}' || '{rest}.django_session'"
    return rows(twins, f"SELECT word FROM ts_stat({statement})")


def a_role_set_by_an_injected_expression(twins: Twins) -> Any:
    role = f"'{twins.first.schema[:8]}' || '{twins.first.schema[8:]}'"
    with tenant_context(twins.second), cursor() as opened:
        opened.execute(f"SELECT set_config('role', {role}, false), set_config('search_path', {role}, false)")
        return read_marker()


def an_injected_second_statement(twins: Twins) -> Any:
    escaped = "".join(f"\\{ord(letter):04x}" for letter in twins.first.schema)
    return rows(twins, f'SELECT 1; SET ROLE U&"{escaped}"; SELECT session_data FROM U&"{escaped}".django_session')


def a_model_of_the_platform(twins: Twins) -> Any:
    with tenant_context(twins.second):
        return [PLATFORM for _ in Tenant.objects.all()]


def a_cursor_of_the_other_context(twins: Twins) -> Any:
    with tenant_context(twins.first):
        opened = connections["default"].cursor()
        opened.execute("SELECT 1")
    with tenant_context(twins.second):
        opened.execute("SELECT session_data FROM django_session")
        return flat(opened)


def a_copy_of_the_table(twins: Twins) -> Any:
    copied = io.StringIO()
    with tenant_context(twins.second), cursor() as opened:
        opened.copy_expert("COPY django_session (session_data) TO STDOUT", copied)
    return copied.getvalue().split()


def a_temporary_table_left_behind(twins: Twins) -> Any:
    with tenant_context(twins.first), cursor() as opened:
        opened.execute("CREATE TEMPORARY TABLE left_behind AS SELECT session_data FROM django_session")
    return rows(twins, "SELECT session_data FROM left_behind")


def an_update_through_the_others_schema(twins: Twins) -> Any:
    return rows(twins, f"UPDATE {twins.first.schema}.django_session SET expire_date = now() RETURNING session_data")


def an_instance_saved_in_the_wrong_tenant(twins: Twins) -> Any:
    with tenant_context(twins.first):
        session = Session.objects.get(session_key=KEY)
    with tenant_context(twins.second):
        session.save()
    return marker_of(twins.second)


def an_iterator_carried_into_the_wrong_tenant(twins: Twins) -> Any:
    with tenant_context(twins.first):
        opened = connections["default"].cursor()
        opened.execute("SELECT session_data FROM django_session")
    with tenant_context(twins.second):
        return flat(opened)


# Which single locks are enough. What only the context holds never reaches the database as another tenant's statement:
# the rows were read rightly, and code carried them over. Only the context can stop a second statement, as the login
# may take every tenant's role: therefore nothing but one query passes, and the functions that could run more are
# closed to the roles.
HELD_BY: dict[Callable[[Twins], Any], set[str]] = {
    a_plain_query: {PATH, ROLE},
    a_query_after_its_context_was_left: {CONTEXT, PATH, ROLE},
    a_queryset_evaluated_after_its_context_was_left: {CONTEXT, PATH, ROLE},
    a_thread_without_a_context: {CONTEXT, PATH, ROLE},
    a_table_that_the_tenant_lacks: {PATH, ROLE},
    a_query_that_names_the_others_schema: {CONTEXT, ROLE},
    a_query_that_names_the_platforms_schema: {CONTEXT, ROLE},
    a_query_that_spells_the_others_schema_in_escapes: {CONTEXT, ROLE},
    a_query_that_another_query_puts_together: {CONTEXT, ROLE},
    a_role_set_by_an_injected_expression: {CONTEXT, PATH, ROLE},
    an_injected_second_statement: {CONTEXT},
    a_model_of_the_platform: {CONTEXT, PATH, ROLE},
    a_cursor_of_the_other_context: {CONTEXT, PATH, ROLE},
    a_copy_of_the_table: {PATH, ROLE},
    a_temporary_table_left_behind: {CONTEXT, ROLE},
    an_update_through_the_others_schema: {CONTEXT, ROLE},
    an_instance_saved_in_the_wrong_tenant: {CONTEXT},
    an_iterator_carried_into_the_wrong_tenant: {CONTEXT},
}


@pytest.mark.parametrize("scenario", HELD_BY, ids=lambda scenario: scenario.__name__)
def test_nothing_leaks_while_all_locks_hold(scenario: Callable[[Twins], Any], marked: Twins):
    assert not leaks(scenario, marked)


@pytest.mark.parametrize(
    ("scenario", "lock"), [(scenario, lock) for scenario, locks in HELD_BY.items() for lock in sorted(locks)]
)
def test_one_lock_alone_is_enough(
    scenario: Callable[[Twins], Any], lock: str, marked: Twins, monkeypatch: pytest.MonkeyPatch
):
    for removed in set(LOCKS) - {lock}:
        remove_lock(removed, marked, monkeypatch)
    assert not leaks(scenario, marked)


@pytest.mark.parametrize("scenario", HELD_BY, ids=lambda scenario: scenario.__name__)
def test_without_the_locks_that_hold_it_there_is_a_leak(
    scenario: Callable[[Twins], Any], marked: Twins, monkeypatch: pytest.MonkeyPatch
):
    for lock in HELD_BY[scenario]:
        remove_lock(lock, marked, monkeypatch)
    try:
        assert leaks(scenario, marked)
    finally:
        restore_markers(marked, monkeypatch)


def leaks(scenario: Callable[[Twins], Any], twins: Twins) -> bool:
    """Whether something of the first twin or of the platform came out, to nobody or to the second twin."""
    try:
        found = scenario(twins)
    except (DatabaseError, TenancyError):
        return False
    return any(twins.first.slug in str(row) or PLATFORM in str(row) for row in found)


def rows(twins: Twins, statement: str) -> list[Any]:
    with tenant_context(twins.second), cursor() as opened:
        opened.execute(statement)
        return flat(opened)


def flat(opened: Any) -> list[Any]:
    return [value for row in opened.fetchall() for value in row]


class renamed_table:
    """Take a table away from a schema for a while, as a migration that was half run would."""

    def __init__(self, schema: str) -> None:
        self.schema = schema

    def __enter__(self) -> None:
        self._rename("django_session", "taken_away")

    def __exit__(self, *failure: object) -> None:
        self._rename("taken_away", "django_session")

    def _rename(self, old: str, new: str) -> None:
        as_admin(SQL("ALTER TABLE {} RENAME TO {}").format(Identifier(self.schema, old), Identifier(new)))


def as_admin(statement: Any, *values: Any) -> None:
    given = settings.DATABASES["default"]
    connection = psycopg2.connect(given["ADMIN_URL"], dbname=given["NAME"])
    with connection, connection.cursor() as opened:
        opened.execute(statement, values)
    connection.close()


def restore_markers(twins: Twins, monkeypatch: pytest.MonkeyPatch) -> None:
    """Undo what a leak wrote."""
    monkeypatch.undo()
    connections.close_all()
    for tenant in (twins.first, twins.second):
        as_admin(
            SQL("UPDATE {} SET session_data = %s").format(Identifier(tenant.schema, "django_session")), tenant.slug
        )
