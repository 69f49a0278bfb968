"""What the roles may do by themselves, asked with a plain connection as nobody in the application does."""

from collections.abc import Iterator
from typing import Any

import psycopg2
import pytest
from django.conf import settings
from psycopg2.errors import InsufficientPrivilege, UndefinedTable

from core.tenancy import TenantRef
from core.tenancy.context import PLATFORM_ROLE
from tests.support.twins import Twins

REFUSED = (InsufficientPrivilege, UndefinedTable)
# By name, as a tenant's own schema is the path: none of these may be answered.
FOREIGN = [
    'SELECT * FROM "{other}".users_user',
    'INSERT INTO "{other}".users_role (id, code) VALUES (gen_random_uuid(), %s)',
    'UPDATE "{other}".django_session SET session_data = %s',
    'DELETE FROM "{other}".django_session',
    'TRUNCATE "{other}".django_session',
    'LOCK TABLE "{other}".users_user',
    'COPY "{other}".users_user TO STDOUT',
    "SELECT nextval('\"{other}\".events_outbox_event_sequence_seq')",
    'CREATE TABLE "{other}".mine (id int)',
    "SELECT * FROM public.users_user",
    "SELECT * FROM public.tenants_tenant",
    "UPDATE public.tenants_tenant SET state = 'active'",
    "SELECT * FROM livery_template.users_user",
]
BEYOND = [
    "SELECT * FROM pg_catalog.pg_authid",
    "SELECT * FROM pg_catalog.pg_shadow",
    "SELECT pg_catalog.pg_read_file('/etc/hostname')",
    "SELECT pg_catalog.pg_ls_dir('.')",
    "COPY users_user TO '/tmp/copied'",
    "COPY users_user FROM PROGRAM 'true'",
    "CREATE TABLE mine (id int)",
    "CREATE TEMPORARY TABLE mine (id int)",
    "CREATE SCHEMA mine",
    "CREATE ROLE mine",
    "CREATE FUNCTION mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "DO $$ BEGIN PERFORM 1; END $$",
    "SELECT pg_catalog.set_config('role', %s, false)",
    "SELECT pg_catalog.lo_create(0)",
    "SELECT pg_catalog.lo_creat(-1)",
    "SELECT pg_catalog.lo_from_bytea(0, 'x')",
    "ALTER TABLE users_user ADD COLUMN mine int",
    "DROP TABLE users_user",
    "ALTER TABLE users_user DISABLE TRIGGER ALL",
    "SET session_replication_role = replica",
    "ALTER TABLE users_user OWNER TO livery_platform",
    "SELECT pg_catalog.pg_terminate_backend(pid) FROM pg_catalog.pg_stat_activity WHERE usename = 'postgres'",
]


@pytest.fixture
def login(twins: Twins) -> Iterator[Any]:
    """A cursor of the application's login, in a transaction that is rolled back."""
    values = settings.DATABASES["default"]
    connection = psycopg2.connect(
        host=values["HOST"] or values["OPTIONS"]["host"],
        user=values["USER"],
        password=values["PASSWORD"],
        dbname=values["NAME"],
    )
    with connection.cursor() as cursor:
        yield cursor
    connection.close()


def act_as(cursor: Any, role: str, schema: str) -> None:
    cursor.execute(f'SET ROLE "{role}"; SET search_path = "{schema}"')


def refuse(cursor: Any, statement: str, twins: Twins) -> None:
    with pytest.raises(REFUSED):
        cursor.execute(statement.replace("{other}", twins.second.schema).replace("%s", f"'{twins.second.schema}'"))
    cursor.connection.rollback()


@pytest.mark.parametrize("statement", FOREIGN)
@pytest.mark.parametrize("role", ["writer", "reader", "login"])
def test_another_schema_is_closed(role: str, statement: str, login: Any, twins: Twins):
    if role != "login":
        act_as(login, twins.first.role if role == "writer" else twins.first.read_only_role, twins.first.schema)
    refuse(login, statement, twins)


@pytest.mark.parametrize("statement", BEYOND)
def test_a_tenant_works_with_its_rows_and_nothing_else(statement: str, login: Any, twins: Twins):
    act_as(login, twins.first.role, twins.first.schema)
    refuse(login, statement, twins)


@pytest.mark.parametrize("schema", ["public", "first"])
@pytest.mark.parametrize("statement", ["SELECT * FROM users_user", "DELETE FROM users_user", "CREATE TABLE m (i int)"])
def test_the_login_without_a_role_may_do_nothing(statement: str, schema: str, login: Any, twins: Twins):
    login.execute(f'SET search_path = "{twins.first.schema if schema == "first" else schema}"')
    with pytest.raises((*REFUSED, psycopg2.errors.InvalidSchemaName)):
        login.execute(statement)


def test_the_login_inherits_nothing_and_is_nobodys_superior(login: Any, twins: Twins):
    login.execute(
        "SELECT rolsuper, rolcreaterole, rolcreatedb, rolinherit, rolbypassrls, rolreplication"
        " FROM pg_roles WHERE rolname = current_user"
    )
    assert login.fetchone() == (False,) * 6
    login.execute(
        "SELECT inherit_option, set_option, admin_option FROM pg_auth_members WHERE member = current_user::regrole"
    )
    assert set(login.fetchall()) == {(False, True, False)}


def test_the_platforms_role_has_the_public_schema_alone(login: Any, twins: Twins):
    act_as(login, PLATFORM_ROLE, "public")
    login.execute("SELECT count(*) FROM tenants_tenant")
    for statement in (
        'SELECT * FROM "{other}".users_user',
        "SELECT * FROM livery_template.users_user",
        "CREATE TABLE m (i int)",
    ):
        act_as(login, PLATFORM_ROLE, "public")
        refuse(login, statement, twins)


def test_a_tenants_role_cannot_become_another(login: Any, twins: Twins):
    login.execute(
        "SELECT pg_has_role(%s, %s, 'SET'), pg_has_role(%s, %s, 'SET')",
        [twins.first.role, twins.second.role, twins.first.role, PLATFORM_ROLE],
    )
    assert login.fetchone() == (False, False)


def test_statements_of_others_are_hidden(login: Any, twins: Twins):
    act_as(login, twins.first.role, twins.first.schema)
    login.execute("SELECT DISTINCT query FROM pg_stat_activity WHERE usename IS DISTINCT FROM NULL")
    assert {text for (text,) in login.fetchall()} <= {"<insufficient privilege>"}


def writable_tables(cursor: Any, role: str, schema: str) -> dict[str, set[str]]:
    cursor.execute(
        """
        SELECT relname, privilege, attname
        FROM pg_class
        CROSS JOIN unnest(ARRAY['INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER']) AS privilege
        LEFT JOIN LATERAL (
            SELECT attname FROM pg_attribute
            WHERE attrelid = pg_class.oid AND attnum > 0 AND privilege = 'UPDATE'
            AND NOT has_table_privilege(%(role)s, pg_class.oid, 'UPDATE')
            AND has_column_privilege(%(role)s, pg_class.oid, attname, 'UPDATE')
        ) AS attribute ON true
        WHERE relnamespace = %(schema)s::regnamespace AND relkind IN ('r', 'p', 'v')
        AND (attname IS NOT NULL OR has_table_privilege(%(role)s, pg_class.oid, privilege))
        """,
        {"role": role, "schema": schema},
    )
    found: dict[str, set[str]] = {}
    for table, privilege, column in cursor.fetchall():
        found.setdefault(table, set()).add(f"{privilege} {column}" if column else privilege)
    return found


def test_a_read_only_tenant_writes_what_signing_in_needs_and_nothing_else(login: Any, twins: Twins):
    act_as(login, twins.first.role, twins.first.schema)
    assert writable_tables(login, twins.first.read_only_role, twins.first.schema) == {
        "django_session": {"INSERT", "UPDATE", "DELETE"},
        "trail_trailentry": {"INSERT"},
        "mfa_authenticator": {"UPDATE data", "UPDATE last_used_at"},
        "users_apikey": {"UPDATE last_used_at"},
        "users_refreshtoken": {"INSERT", "UPDATE"},
        "users_signin": {"INSERT"},
        "users_tokenfamily": {"INSERT", "UPDATE"},
        "users_user": {"UPDATE last_login"},
        "usersessions_usersession": {"INSERT", "UPDATE", "DELETE"},
    }


def test_every_role_of_a_tenant_is_one_of_two(twins: Twins, login: Any):
    login.execute("SELECT rolname FROM pg_roles WHERE rolname LIKE %s ORDER BY 1", [f"{twins.first.schema}%"])
    assert [name for (name,) in login.fetchall()] == [twins.first.role, twins.first.read_only_role]


def test_large_objects_of_another_are_closed(login: Any, twins: Twins):
    """They belong to no schema; the functions that make them are closed, and they have an owner each."""
    act_as(login, twins.first.role, twins.first.schema)
    refuse(login, "SELECT lo_create(4711)", twins)


def test_advisory_locks_are_one_space_for_the_whole_database(login: Any, twins: Twins):
    """Nothing separates them: whoever takes one makes its number from the scope, as docs/how-to/tenancy.md says."""
    act_as(login, twins.first.role, twins.first.schema)
    login.execute("SELECT pg_advisory_xact_lock(4711)")
    act_as(login, twins.second.role, twins.second.schema)
    login.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = 4711")
    assert login.fetchone() == (1,)


def test_a_tenant_is_a_ref_with_two_roles(twins: Twins):
    tenant: TenantRef = twins.first
    assert (tenant.role, tenant.read_only_role) == (tenant.schema, f"{tenant.schema}_ro")
