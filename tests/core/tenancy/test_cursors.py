import io
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.db import connection
from django.test.utils import CaptureQueriesContext
from psycopg2.sql import SQL, Identifier

from core import clock
from core.tenancy import TenantRef, atomic, cursor, platform_context, tenant_context
from core.tenancy.errors import CrossedContext, ForeignSchema, NoContext, StatementRefused, TenancyError
from tests.support.markers import put_marker, read_marker
from tests.support.twins import Twins

READ = "SELECT session_data FROM django_session"


@pytest.fixture
def marked(tenant: TenantRef, other_tenant: TenantRef) -> None:
    for ref in (tenant, other_tenant):
        with tenant_context(ref):
            put_marker(ref.slug)


@pytest.mark.parametrize(
    "use",
    [
        lambda opened: opened.execute(READ),
        lambda opened: opened.executemany(READ, [[]]),
        lambda opened: opened.copy_expert("COPY django_session TO STDOUT", io.StringIO()),
        lambda opened: opened.fetchone(),
        lambda opened: opened.fetchmany(1),
        lambda opened: opened.fetchall(),
        lambda opened: next(iter(opened)),
        lambda opened: opened.rowcount,
        lambda opened: opened.mogrify(READ),
        lambda opened: opened.nextset(),
    ],
)
def test_a_cursor_works_in_its_own_context_only(
    use: Callable[[Any], Any], marked: None, tenant: TenantRef, other_tenant: TenantRef
):
    with tenant_context(tenant):
        opened = connection.cursor()
        opened.execute(READ)
    with pytest.raises(CrossedContext):
        use(opened)
    for context in (tenant_context(other_tenant), platform_context()):
        with context, pytest.raises(CrossedContext):
            use(opened)
    opened.close()


def test_a_cursor_goes_on_when_its_context_is_entered_again(marked: None, tenant: TenantRef):
    with tenant_context(tenant):
        opened = connection.cursor()
        opened.execute(READ)
    with tenant_context(tenant):
        assert list(opened) == [("north",)]


def test_without_a_context_there_is_no_cursor(committed: Twins):
    with pytest.raises(NoContext):
        connection.cursor()
    with pytest.raises(NoContext), cursor():
        pytest.fail("opened")


def test_an_iterator_is_refused_where_it_was_not_begun(marked: None, tenant: TenantRef, other_tenant: TenantRef):
    """Its next rows are fetched from the server later."""
    with tenant_context(tenant):
        for name in "abc":
            put_session(name)
        rows = Session.objects.iterator(chunk_size=1)
        next(rows)
    with tenant_context(other_tenant), pytest.raises(CrossedContext):
        next(rows)


def put_session(key: str) -> None:
    Session(session_key=key, session_data=key, expire_date=clock.now()).save(force_insert=True)


@pytest.mark.parametrize("in_transaction", [True, False])
def test_an_iterator_on_the_server_outlives_other_contexts_in_between(in_transaction: bool, committed: Twins):
    first, second = committed.first, committed.second
    with tenant_context(second):
        put_marker("south")
    with tenant_context(first):
        for name in "abc":
            put_session(name)
        found = []
        if in_transaction:
            with atomic():
                found = [session.pk for session in Session.objects.order_by("pk").iterator(chunk_size=1)]
        else:
            for session in Session.objects.order_by("pk").iterator(chunk_size=1):
                found.append(session.pk)
                with tenant_context(second):
                    assert read_marker() == ["south"]
    assert found == ["a", "b", "c"]


def test_copy_reads_and_writes_the_context(marked: None, tenant: TenantRef):
    copied = io.StringIO()
    with tenant_context(tenant), cursor() as opened:
        opened.copy_expert("COPY (SELECT session_data FROM django_session) TO STDOUT", copied)
        assert copied.getvalue() == "north\n"
        opened.copy_expert("COPY django_session FROM STDIN", io.StringIO("x\ty\t2030-01-01 00:00Z\n"))
        opened.execute("SELECT count(*) FROM django_session")
        assert opened.fetchone() == (2,)


def test_copy_of_another_schema_is_refused(tenant: TenantRef, other_tenant: TenantRef):
    with tenant_context(tenant), cursor() as opened, pytest.raises(ForeignSchema):
        opened.copy_expert(f"COPY {other_tenant.schema}.django_session TO STDOUT", io.StringIO())


@pytest.mark.parametrize("name", ["copy_from", "copy_to"])
def test_what_cannot_be_looked_at_is_not_sent(name: str, tenant: TenantRef):
    with tenant_context(tenant), cursor() as opened:
        with pytest.raises(TenancyError, match="copy_expert"):
            getattr(opened, name)(io.StringIO(), "django_session")
        with pytest.raises(TenancyError, match="execute"):
            opened.callproc("pg_sleep", [0])


def test_statements_come_as_text_bytes_or_composed(marked: None, tenant: TenantRef, other_tenant: TenantRef):
    composed = SQL("SELECT session_data FROM {}")
    with tenant_context(tenant), cursor() as opened:
        for statement in (READ, READ.encode(), composed.format(Identifier("django_session"))):
            opened.execute(statement)
            assert opened.fetchall() == [("north",)]
        with pytest.raises(ForeignSchema):
            opened.execute(composed.format(Identifier(other_tenant.schema, "django_session")))
        with pytest.raises(ForeignSchema):
            opened.execute(f"SELECT 1 FROM {other_tenant.schema}.django_session".encode())


def test_many_values_are_sent_in_the_context(tenant: TenantRef, marked: None):
    with tenant_context(tenant), cursor() as opened:
        opened.executemany("INSERT INTO django_session VALUES (%s, %s, now())", [("a", "100%"), ("b", "%s")])
        opened.execute("SELECT session_data FROM django_session WHERE session_key IN ('a', 'b') ORDER BY 1")
        assert opened.fetchall() == [("%s",), ("100%",)]


def test_a_cursor_that_is_logged_is_held_alike(marked: None, tenant: TenantRef, other_tenant: TenantRef):
    with tenant_context(tenant), CaptureQueriesContext(connection) as queries:
        assert read_marker() == ["north"]
        with pytest.raises(ForeignSchema), cursor() as opened:
            opened.execute(f"SELECT 1 FROM {other_tenant.schema}.django_session")
    assert len(queries) >= 1
    assert "django_session" in queries[0]["sql"]


FOREIGN = [
    "SELECT 1 FROM {other}.users_user",
    'SELECT 1 FROM "{other}"."users_user"',
    "SELECT 1 FROM {OTHER}.users_user",
    "SELECT '{other}.users_user'::regclass",
    "WITH found AS (SELECT 1 FROM {other}.users_user) SELECT 1 FROM found",
    "SELECT 1 FROM public.users_user",
    "SELECT 1 FROM PUBLIC . users_user",
    'SELECT 1 FROM "public"."users_user"',
    'SELECT 1 FROM U&"\\0070ublic".users_user',
    "SELECT U&'\\0070ublic'",
]
REFUSED = [
    "SELECT 1; SELECT 2",
    "SELECT 1;SELECT 2;",
    "SET ROLE none",
    "RESET ROLE",
    "RESET ALL",
    "SET search_path = public",
    "SET SESSION AUTHORIZATION DEFAULT",
    "SET LOCAL ROLE none",
    "/* */ SET ROLE none",
    "-- \nSET ROLE none",
    "BEGIN",
    "COMMIT",
    "ROLLBACK",
    "ABORT",
    "DISCARD ALL",
    "PREPARE p AS SELECT 1",
    "EXECUTE p",
    "LISTEN everything",
    "NOTIFY everything",
    "CALL something()",
    "DO $$ BEGIN END $$",
    "CREATE TABLE mine (id int)",
    "CREATE TEMP TABLE mine AS SELECT 1",
    "DROP TABLE users_user",
    "GRANT ALL ON users_user TO PUBLIC",
    "SELECT set_config('role', 'x', false)",
    "SELECT pg_catalog . set_config ('role', 'x', false)",
    "SELECT \"set_config\"('role', 'x', false)",
    "SELECT query_to_xml('SELECT 1', false, false, '')",
    "SELECT * FROM ts_stat('SELECT 1')",
    "",
]


@pytest.mark.parametrize("statement", FOREIGN)
def test_a_statement_that_names_another_schema_is_refused(statement: str, tenant: TenantRef, other_tenant: TenantRef):
    named = statement.replace("{other}", other_tenant.schema).replace("{OTHER}", other_tenant.schema.upper())
    with tenant_context(tenant), cursor() as opened, pytest.raises(ForeignSchema):
        opened.execute(named)


@pytest.mark.parametrize("statement", REFUSED)
def test_the_application_sends_queries_only(statement: str, tenant: TenantRef):
    for context in (tenant_context(tenant), platform_context()):
        with context, cursor() as opened, pytest.raises(StatementRefused):
            opened.execute(statement)


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT 1;",
        " (SELECT 1) UNION (SELECT 2)",
        "SELECT 'publicity', 1 AS public_id",
        "SELECT 1 AS statistics, 'ts_statement' AS invoice_to_xml",
        "SELECT '{own}'::regnamespace",
        "SELECT 'a{other}b', 't_short'",
        "SET LOCAL lock_timeout = 100",
        "SET CONSTRAINTS ALL IMMEDIATE",
        "SHOW search_path",
        "EXPLAIN SELECT 1",
        "VALUES (1)",
    ],
)
def test_a_query_is_let_through(statement: str, tenant: TenantRef, other_tenant: TenantRef):
    with tenant_context(tenant), cursor() as opened:
        opened.execute(statement.replace("{own}", tenant.schema).replace("{other}", other_tenant.schema))


def test_the_platform_may_name_its_own_schema(db: None):
    with platform_context(), cursor() as opened:
        opened.execute("SELECT count(*) FROM public.tenants_tenant")
        assert opened.fetchone()[0] >= 2


def test_values_are_never_looked_at(tenant: TenantRef, other_tenant: TenantRef):
    with tenant_context(tenant), cursor() as opened:
        opened.execute("SELECT %s", [f"; SET ROLE {other_tenant.schema}; public.x"])
        assert opened.fetchone()[0].startswith("; SET ROLE")
