"""Two cells as two PostgreSQL servers: what belongs to one never reaches the other."""

from collections.abc import Iterator
from typing import Any

import psycopg2
import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection, connections, transaction

from config.settings.environment import database
from core.actor import SYSTEM
from core.tenancy import TenantRef, atomic, current_scope, directory, on_commit, platform_context, tenant_context
from core.tenancy.context import PLATFORM_CELL
from core.tenancy.errors import ContextSwitchInTransaction, CrossedContext
from deploy.local.postgres import Postgres
from deploy.local.services import database_urls
from shared_apps.tenants.services import tenant_provision, tenant_request
from shared_apps.users.models import User
from tests.support.markers import marker_of, put_marker, read_marker
from tests.support.twins import Twins

CELL = "second"


@pytest.fixture(scope="module")
def second_cell(twins: Twins, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    server = Postgres(tmp_path_factory.mktemp("cell"))
    server.start()
    try:
        with pytest.MonkeyPatch.context() as environment, django_db_blocker.unblock():
            for name, url in database_urls(server, "test_livery_cell").items():
                environment.setenv(f"CELL_SECOND_{name}", url)
            settings.DATABASES[CELL] = database(
                "CELL_SECOND_DATABASE_URL", owner_url_name="CELL_SECOND_DATABASE_OWNER_URL"
            )
            connections.configure_settings(settings.DATABASES)
            call_command("database", "prepare", cell=CELL, verbosity=0)
            yield
    finally:
        connections.close_all()
        settings.DATABASES.pop(CELL, None)
        server.stop()


@pytest.fixture
def far(second_cell: None, committed: Twins) -> TenantRef:
    """A tenant on the second server."""
    with platform_context():
        tenant = tenant_provision(
            tenant=tenant_request(slug="far-away", name="Far Ltd", owner=None, actor=SYSTEM, cell=CELL)
        )
    return directory().by_uuid(tenant.id)


@pytest.fixture
def near(committed: Twins) -> TenantRef:
    return committed.first


def on_server(cell: str, statement: str, *values: Any) -> list[Any]:
    given = settings.DATABASES[cell]
    asked = psycopg2.connect(given["ADMIN_URL"], dbname=given["NAME"])
    with asked, asked.cursor() as opened:
        opened.execute(statement, values)
        found = opened.fetchall()
    asked.close()
    return found


def test_a_tenant_lives_on_the_server_of_its_cell_alone(far: TenantRef, near: TenantRef):
    schemas = "SELECT nspname FROM pg_namespace WHERE nspname LIKE %s"
    assert on_server(CELL, schemas, "t\\_%") == [(far.schema,)]
    assert (far.schema,) not in on_server(PLATFORM_CELL, schemas, "t\\_%")
    roles = "SELECT rolname FROM pg_roles WHERE rolname LIKE %s ORDER BY 1"
    assert on_server(CELL, roles, "t\\_%") == [(far.role,), (far.read_only_role,)]
    assert on_server(PLATFORM_CELL, roles, f"{far.schema}%") == []


def test_rows_land_on_their_own_server(far: TenantRef, near: TenantRef):
    for ref in (near, far):
        with tenant_context(ref):
            put_marker(ref.slug)
    assert on_server(CELL, f"SELECT session_data FROM {far.schema}.django_session") == [("far-away",)]
    assert on_server(PLATFORM_CELL, f"SELECT session_data FROM {near.schema}.django_session") == [("north",)]
    for _ in range(3):
        assert (marker_of(near), marker_of(far)) == (["north"], ["far-away"])


def test_objects_do_not_move_between_cells(far: TenantRef, near: TenantRef):
    with tenant_context(near):
        person = User.objects.create(email="a@example.com")
    with tenant_context(far):
        for move in (person.save, person.delete, person.refresh_from_db, lambda: person.save(using=CELL)):
            with pytest.raises(CrossedContext):
                move()
        with pytest.raises(CrossedContext):
            User.objects.bulk_create([person])
        assert not User.objects.exists()
    with tenant_context(near):
        with pytest.raises(CrossedContext):
            User.objects.using(CELL).create(email="b@example.com")
        assert User.objects.count() == 1
    assert on_server(CELL, f"SELECT count(*) FROM {far.schema}.users_user") == [(0,)]


def test_a_connection_of_another_cell_is_refused(far: TenantRef, near: TenantRef):
    with tenant_context(near), pytest.raises(CrossedContext, match="sent to second"):
        connections[CELL].cursor()
    elsewhere = connections.of_cell(PLATFORM_CELL)
    with tenant_context(far), pytest.raises(CrossedContext, match="sent to default"):
        elsewhere.cursor()


def test_the_default_of_third_party_code_is_the_cell_of_the_context(far: TenantRef, near: TenantRef):
    with tenant_context(far):
        assert connection.alias == connections["default"].alias == CELL
        with platform_context():
            assert connection.alias == PLATFORM_CELL
    assert connection.alias == PLATFORM_CELL
    assert {one.alias for one in connections.all()} == {PLATFORM_CELL, CELL}


@pytest.mark.parametrize("begin", [transaction.atomic, atomic])
def test_transactions_are_those_of_the_cell(begin: Any, far: TenantRef):
    with tenant_context(far):
        with pytest.raises(KeyError), begin():
            put_marker("undone")
            raise KeyError
        assert read_marker() == []
        with begin():
            put_marker("kept")
    assert marker_of(far) == ["kept"]


@pytest.mark.parametrize("register", [transaction.on_commit, on_commit])
def test_what_follows_a_commit_waits_for_the_cells_commit(register: Any, far: TenantRef):
    followed: list[Any] = []
    with tenant_context(far):
        with atomic():
            register(lambda: followed.append(current_scope().tenant.slug))
            assert followed == []
        assert followed == ["far-away"]
        with pytest.raises(KeyError), atomic():
            register(lambda: followed.append("never"))
            raise KeyError
    assert followed == ["far-away"]


def test_a_transaction_of_one_cell_bars_the_way_to_the_other(far: TenantRef, near: TenantRef):
    for here, there in ((far, near), (near, far)):
        with tenant_context(here), atomic(), pytest.raises(ContextSwitchInTransaction), tenant_context(there):
            pytest.fail("entered")
    with tenant_context(far), atomic(), pytest.raises(ContextSwitchInTransaction), platform_context():
        pytest.fail("entered")


def test_requests_reach_the_cell_of_their_host(far: TenantRef, near: TenantRef, client_for: Any, settings: Any):
    settings.TENANT_URLCONF = "tests.support.probe_urls"
    for _ in range(2):
        for ref in (far, near):
            assert client_for(ref).get("/look-twice/").json()["all"][2]["schema"] == ref.schema


@pytest.fixture(autouse=True)
def _no_tenant_left_on_the_second_server(second_cell: None) -> Iterator[None]:
    yield
    for (schema,) in on_server(CELL, "SELECT nspname FROM pg_namespace WHERE nspname LIKE 't\\_%%'"):
        on_server(CELL, f"DROP SCHEMA {schema} CASCADE; DROP ROLE {schema}, {schema}_ro; SELECT 1")
