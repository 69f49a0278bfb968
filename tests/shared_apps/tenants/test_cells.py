"""Organisations on another server, whose owner has another name there."""

from collections.abc import Iterator
from typing import Any

import psycopg2
import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import OperationalError, connections

from config.settings.environment import database as cell_settings
from core.actor import SYSTEM
from core.tenancy import TenantState, directory, platform_context, tenant_context
from deploy.local.postgres import Postgres
from shared_apps.tenants.fleet.recording import template_record
from shared_apps.tenants.fleet.replay import pack_get
from shared_apps.tenants.fleet.verification import fleet_verify
from shared_apps.tenants.fleet.warm import warm_fill
from shared_apps.tenants.fleet.waves import fleet_migrate
from shared_apps.tenants.models import Tenant, WarmSchema
from shared_apps.tenants.services import tenant_archive, tenant_delete, tenant_provision, tenant_purge
from tenant_apps.jobs.models import TaskRun
from tests.support.provisioned import BIRTH, MIDWAY, held_up, states_of
from tests.support.threads import at_once
from tests.support.twins import Twins
from tests.support.workers import eventually

CELL = "far"
NOTE = 'migrations.AddField("taskrun", "note", models.TextField(default="-"))'
FILL = """
def fill(apps, schema_editor):
    for run in apps.get_model("jobs", "TaskRun").objects.all():
        run.note = run.kind.upper()
        run.save()
"""


@pytest.fixture(scope="module")
def far_cell(twins: Twins, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    server = Postgres(tmp_path_factory.mktemp("cell"))
    server.start()
    try:
        with pytest.MonkeyPatch.context() as environment, django_db_blocker.unblock():
            environment.setenv("CELL_FAR_DATABASE_ADMIN_URL", server.admin_url)
            environment.setenv("CELL_FAR_DATABASE_URL", server.url("far_app", "one", "test_livery_far"))
            environment.setenv("CELL_FAR_DATABASE_OWNER_URL", server.url("far_owner", "two", "test_livery_far"))
            settings.DATABASES[CELL] = cell_settings(
                "CELL_FAR_DATABASE_URL", owner_url_name="CELL_FAR_DATABASE_OWNER_URL"
            )
            connections.configure_settings(settings.DATABASES)
            call_command("database", "prepare", cell=CELL, verbosity=0)
            yield server
    finally:
        connections.close_all()
        settings.DATABASES.pop(CELL, None)
        server.stop()


def there(statement: str) -> list[Any]:
    values = settings.DATABASES[CELL]
    connection = psycopg2.connect(values["ADMIN_URL"], dbname=values["NAME"])
    with connection, connection.cursor() as cursor:
        cursor.execute(statement)
        found = cursor.fetchall() if cursor.description else []
    connection.close()
    return found


def test_another_cells_organisations_are_made_migrated_checked_and_removed(
    far_cell: Postgres, fleet: Twins, provisioned, requested, migrations
):
    warm_fill(size=1)
    warm_fill(size=1, cell=CELL)
    with platform_context():
        schemas = dict(WarmSchema.objects.values_list("cell", "schema_name"))
    tenant = provisioned("far-away", cell=CELL)
    assert tenant.schema_name == schemas[CELL] and tenant.state == TenantState.ACTIVE
    second = provisioned("far-beyond", cell=CELL)
    assert {name for (name,) in there("SELECT nspname FROM pg_namespace WHERE nspname ~ '^t_'")} == {
        tenant.schema_name,
        second.schema_name,
    }
    with tenant_context(directory().by_uuid(tenant.pk)):
        TaskRun.objects.create(kind="export")

    migrations.write("9001_note", NOTE)
    migrations.write("9002_fill", "migrations.RunPython(fill)", before=FILL)
    template_record()
    assert fleet_migrate().done == 5
    assert there(f"SELECT note FROM {tenant.schema_name}.jobs_taskrun") == [("EXPORT",)]
    assert fleet_verify() == (6, [])

    there(f"ALTER TABLE {tenant.schema_name}.jobs_taskrun ADD COLUMN odd int")
    _checked, (drift,) = fleet_verify()
    assert (drift.cell, drift.schema) == (CELL, tenant.schema_name)
    assert [line for line in drift.lines if not line.startswith("+ column jobs_taskrun.odd integer")] == []

    with platform_context():
        for change in (tenant_archive, tenant_delete):
            second = change(tenant=second, actor=SYSTEM)
        tenant_purge(tenant=second)
        assert Tenant.objects.filter(cell=CELL, template_step=pack_get().version).count() == 2
    left = there("SELECT rolname FROM pg_roles WHERE rolname ~ '^t_' ORDER BY 1")
    assert left == [(tenant.schema_name,), (f"{tenant.schema_name}_ro",)]


def test_a_database_server_that_is_killed_midway_keeps_no_half(far_cell: Postgres, committed: Twins, requested):
    tenant = requested("far-away", cell=CELL)

    def work(number: int) -> None:
        if number == 0:
            tenant_provision(tenant=tenant)
        else:
            eventually(is_stuck)
            far_cell.kill()

    with held_up(MIDWAY, cell=CELL) as is_stuck:
        made, killed = at_once(2, work)
    assert (type(made), killed) == (OperationalError, None)
    far_cell.start()
    with platform_context():
        schema = Tenant.objects.get(pk=tenant.pk).schema_name
        of_it = f"SELECT rolname FROM pg_roles WHERE rolname ~ '^{schema}' UNION SELECT nspname FROM pg_namespace"
        assert there(f"{of_it} WHERE nspname = '{schema}'") == []
        assert states_of(tenant) == BIRTH[:1]

        assert tenant_provision(tenant=tenant).schema_name == schema
        assert states_of(tenant) == BIRTH
        directory().forget()
        assert there(f"SELECT email FROM {schema}.users_invitation") == [("owner@far-away.example",)]
        for change in (tenant_archive, tenant_delete):
            tenant = change(tenant=tenant, actor=SYSTEM)
        tenant_purge(tenant=tenant)
