"""Organisations on another server, whose owner has another name there."""

from collections.abc import Callable, Iterator
from typing import Any

import psycopg2
import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import OperationalError, close_old_connections, connections
from django.test import override_settings

from config.settings.environment import database as cell_settings
from core import events
from core.actor import SYSTEM
from core.tenancy import TenantState, atomic, directory, platform_context, tenant_context
from deploy.local.postgres import Postgres
from shared_apps.tenants.fleet.recording import template_record
from shared_apps.tenants.fleet.replay import pack_get
from shared_apps.tenants.fleet.runs import run_last
from shared_apps.tenants.fleet.verification import fleet_verify
from shared_apps.tenants.fleet.warm import warm_fill
from shared_apps.tenants.fleet.waves import fleet_migrate
from shared_apps.tenants.models import Tenant, WarmSchema
from shared_apps.tenants.services import tenant_archive, tenant_delete, tenant_provision, tenant_purge
from shared_apps.trail.models import TrailEntry
from tenant_apps.events.services import sweep
from tenant_apps.events.tasks import sweep_task
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


def remove(tenant: Tenant) -> None:
    with platform_context():
        tenant.refresh_from_db()
        for change in (tenant_archive, tenant_delete):
            tenant = change(tenant=tenant, actor=SYSTEM)
        tenant_purge(tenant=tenant)


def kill_midway(server: Postgres, work: Callable[[], Any], *, table: str) -> Any:
    """Kill the cell's server when the work waits to write to a table, and start it again.

    Returns what the work returned or raised.
    """

    def begin(number: int) -> Any:
        if number == 0:
            return work()
        eventually(is_stuck)
        return server.kill()

    with held_up(table, cell=CELL) as is_stuck:
        outcome, killed = at_once(2, begin)
    assert killed is None
    server.start()
    return outcome


def test_a_database_server_that_is_killed_midway_keeps_no_half(far_cell: Postgres, committed: Twins, requested):
    tenant = requested("far-away", cell=CELL)

    made = kill_midway(far_cell, lambda: tenant_provision(tenant=tenant), table=MIDWAY)
    assert type(made) is OperationalError
    with platform_context():
        schema = Tenant.objects.get(pk=tenant.pk).schema_name
        of_it = f"SELECT rolname FROM pg_roles WHERE rolname ~ '^{schema}' UNION SELECT nspname FROM pg_namespace"
        assert there(f"{of_it} WHERE nspname = '{schema}'") == []
        assert states_of(tenant) == BIRTH[:1]

        assert tenant_provision(tenant=tenant).schema_name == schema
        assert states_of(tenant) == BIRTH
        directory().forget()
        assert there(f"SELECT email FROM {schema}.users_invitation") == [("owner@far-away.example",)]
    remove(tenant)


def test_a_database_server_that_is_killed_in_a_wave_has_whole_schemas_only(
    far_cell: Postgres, committed: Twins, lagging_one
):
    tenants = [lagging_one("far-away", cell=CELL), lagging_one("far-beyond", cell=CELL)]
    histories = [f"{tenant.schema_name}.django_migrations" for tenant in tenants]

    def applied() -> list[int]:
        return [there(f"SELECT count(*) FROM {history}")[0][0] for history in histories]

    older, _ = applied()
    report = kill_midway(far_cell, lambda: fleet_migrate(waves=(100,)), table=histories[1])
    assert (report.state, report.done, report.failed) == ("stopped", 1, 1)
    assert applied() == [older + 1, older]

    report = fleet_migrate()
    assert (report.state, report.done, report.failed) == ("finished", 2, 0)
    assert applied() == [older + 1, older + 1]
    assert fleet_verify()[1] == []
    with platform_context():
        assert list(run_last().items.order_by("pk").values_list("attempts", flat=True)) == [1, 2]
        for tenant in tenants:
            tenant.refresh_from_db()
            assert tenant.template_step == pack_get().version
            remove(tenant_provision(tenant=tenant))


@override_settings(BROKER_LEASE_SECONDS=1)
def test_an_event_whose_database_server_is_killed_is_handed_on_once(
    far_cell: Postgres, committed: Twins, provisioned, queued, monkeypatch
):
    tenant = provisioned("far-away", cell=CELL)
    monkeypatch.setattr(sweep, "TICKS", 1)
    monkeypatch.setattr(events, "_subscribers", {})

    @events.subscriber("test.happened", name="test.recorder")
    def record(event: events.Event) -> None:
        TrailEntry.objects.create(actor_kind="system", action="test.handled", summary=event.subject_id)
        if event.subject_id == "second":
            TaskRun.objects.create(kind="export")

    def run_tasks() -> None:
        for message in queued():
            if message.task in ("events.dispatch", "events.sweep"):
                # As a worker does before each task.
                close_old_connections()
                message.run()

    def sweep_and_run() -> None:
        with platform_context():
            sweep_task.enqueue()
        run_tasks()

    def outbox() -> list[Any]:
        which = f"FROM {tenant.schema_name}.events_outboxevent WHERE kind = 'test.happened'"
        return there(f"SELECT subject_id, state {which} ORDER BY sequence")

    def handled() -> list[Any]:
        which = f"FROM {tenant.schema_name}.trail_trailentry WHERE action = 'test.handled'"
        return [subject for (subject,) in there(f"SELECT summary {which} ORDER BY summary")]

    directory().forget()
    with tenant_context(directory().by_uuid(tenant.pk)), atomic():
        for subject in ("first", "second", "third"):
            events.emit(kind="test.happened", subject_id=subject, payload={})
    outcome = kill_midway(far_cell, run_tasks, table=f"{tenant.schema_name}.jobs_taskrun")
    assert type(outcome) is OperationalError
    assert outbox() == [("first", "dispatched"), ("second", "pending"), ("third", "pending")]
    assert handled() == ["first"]

    eventually(lambda: {state for _, state in outbox()} == {"dispatched"}, seconds=10, meanwhile=sweep_and_run)
    assert handled() == ["first", "second", "third"]
    assert there(f"SELECT kind FROM {tenant.schema_name}.jobs_taskrun") == [("export",)]
    remove(tenant)
