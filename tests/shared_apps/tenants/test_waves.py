import threading
import time
from collections import Counter

import pytest
from django.db import connections

from core.actor import SYSTEM
from core.errors import NotFound
from core.tenancy import TenantState, directory, platform_context, tenant_context
from core.tenancy.tasks import lags_behind
from shared_apps.tenants.fleet import replay, runs, waves
from shared_apps.tenants.fleet.locks import FLEET, held
from shared_apps.tenants.fleet.recording import template_record
from shared_apps.tenants.fleet.replay import pack_get
from shared_apps.tenants.fleet.runs import (
    FleetBusy,
    FleetPaused,
    NoOpenRun,
    WavesRefused,
    fleet_lagging,
    fleet_pause,
    fleet_resume,
    fleet_skip,
    run_last,
)
from shared_apps.tenants.fleet.warm import warm_fill
from shared_apps.tenants.fleet.waves import fleet_migrate
from shared_apps.tenants.models import FleetItem, FleetRun, Tenant, WarmSchema
from shared_apps.tenants.services import provisioning, tenant_archive, tenant_delete, tenant_purge, tenant_suspend
from shared_apps.trail.models import TrailEntry
from tenant_apps.jobs.models import TaskRun
from tests.support.databases import database
from tests.support.twins import Twins

NOTE = 'migrations.AddField("taskrun", "note", models.TextField(default="-"))'


@pytest.fixture
def lagging(fleet: Twins, migrations, provisioned) -> list[str]:
    """Three organisations and a warm schema that lack the template's last step; the schemas, in the fleet's order."""
    provisioned("riverbank")
    warm_fill(size=1)
    migrations.write("9001_note", NOTE)
    template_record()
    with platform_context():
        return [item.schema for item in fleet_lagging(pack_get().version)]


@pytest.fixture
def impatient(monkeypatch):
    """Locks are waited for, and tried again, in a moment."""
    monkeypatch.setattr(replay, "_LOCK_MILLISECONDS", 50)
    monkeypatch.setattr(waves, "_PAUSE_SECONDS", 0.01)


def items():
    with platform_context():
        return {item.schema_name: item for item in run_last().items.all()}


def states():
    return [item.state for item in items().values()]


def steps():
    """How far the registry believes each schema to be, behind the newest step."""
    version = pack_get().version
    with platform_context():
        found = dict(Tenant.objects.values_list("schema_name", "template_step"))
        found |= dict(WarmSchema.objects.values_list("schema_name", "template_step"))
    return {schema: step - version for schema, step in found.items()}


def has_note(schema):
    with database() as cursor:
        cursor.execute(
            "SELECT count(*) FROM information_schema.columns"
            " WHERE table_schema = %s AND table_name = 'jobs_taskrun' AND column_name = 'note'",
            [schema],
        )
        return cursor.fetchone()[0] == 1


def drift(schema):
    with database() as cursor:
        cursor.execute(f"DROP INDEX {schema}.jobs_run_open")


def mend(schema):
    with database() as cursor:
        cursor.execute(
            f"CREATE INDEX jobs_run_open ON {schema}.jobs_taskrun (created_at) WHERE state IN ('queued', 'running')"
        )


def test_every_schema_comes_to_the_newest_step(lagging, fleet: Twins):
    assert len(lagging) == 4 and set(steps().values()) == {-1}
    report = fleet_migrate()
    assert (report.state, report.done, report.failed, report.pending, report.skipped) == ("finished", 4, 0, 0, 0)
    assert str(report) == "Fleet run finished: 4 migrated, 0 failed, 0 skipped, 0 left."
    assert set(steps().values()) == {0} and all(has_note(schema) for schema in lagging)
    assert {item.attempts for item in items().values()} == {1}
    with platform_context():
        assert run_last().finished_at is not None
        assert str(run_last()) == f"to step {pack_get().version}"
    assert str(fleet_migrate()) == "Every organisation is up to date."
    with platform_context():
        assert FleetRun.objects.count() == 1


def test_an_organisation_that_lags_answers_503_and_its_tasks_are_refused(lagging, fleet: Twins, client_for):
    ref = directory().by_uuid(fleet.first.uuid)
    assert lags_behind(ref)
    page = client_for(ref).get("/")
    assert page.status_code == 503 and page.headers["Retry-After"]
    answer = client_for(ref).get("/api/v1/auth/me/")
    assert answer.status_code == 503 and answer.json()["type"] == "/problems/tenant_updating"
    fleet_migrate()
    directory().forget()
    assert not lags_behind(directory().by_uuid(fleet.first.uuid))
    assert client_for(ref).get("/").status_code == 200
    assert client_for(ref).get("/api/v1/auth/me/").status_code == 401


def test_a_failure_stops_its_wave_and_is_tried_again(lagging, shape_of):
    drift(lagging[1])
    before = shape_of(lagging[1])
    report = fleet_migrate(waves=(10, 100))
    assert str(report) == (
        "Fleet run stopped: 1 migrated, 1 failed, 0 skipped, 2 left. Wave 2 has failures; see `fleet status`."
    )
    assert states() == ["done", "failed", "pending", "pending"]
    assert items()[lagging[1]].error.startswith(f"{lagging[1]} has the shape")
    assert shape_of(lagging[1]) == before
    assert [steps()[schema] for schema in lagging] == [0, -1, -1, -1]
    assert fleet_migrate().state == "stopped"
    assert items()[lagging[1]].attempts == 2
    mend(lagging[1])
    report = fleet_migrate()
    assert (report.state, report.done) == ("finished", 4)
    assert [items()[schema].attempts for schema in lagging] == [1, 3, 1, 1]
    with platform_context():
        assert FleetRun.objects.count() == 1


def test_a_schema_that_somebody_holds_is_tried_again_after_the_others(lagging, impatient, shape_of, monkeypatch):
    monkeypatch.setattr(waves, "_ATTEMPTS", 100)
    busy, before, seen = lagging[0], shape_of(lagging[0]), []

    def let_go_when_all_others_are_done(cursor):
        while not wait_for_others():
            time.sleep(0.01)
        seen.append((shape_of(busy), items()[busy].error))
        cursor.execute("COMMIT")
        connections.close_all()

    def wait_for_others():
        with platform_context():
            return FleetItem.objects.filter(state="done").count() == 3

    with database() as cursor:
        cursor.execute("BEGIN")
        cursor.execute(f"LOCK TABLE {busy}.jobs_taskrun IN ACCESS SHARE MODE")
        thread = threading.Thread(target=let_go_when_all_others_are_done, args=(cursor,))
        thread.start()
        report = fleet_migrate(waves=(100,))
        thread.join()
    assert seen == [(before, "OperationalError: canceling statement due to lock timeout")]
    assert (report.state, report.done) == ("finished", 4)
    assert items()[busy].attempts > 1 and items()[busy].error == ""


def test_a_schema_that_nobody_lets_go_stops_the_run_after_its_wave(lagging, impatient):
    with database() as cursor:
        cursor.execute("BEGIN")
        cursor.execute(f"LOCK TABLE {lagging[0]}.jobs_taskrun IN ACCESS SHARE MODE")
        report = fleet_migrate(waves=(50, 100))
        cursor.execute("COMMIT")
    assert (report.state, report.done, report.failed, report.pending) == ("stopped", 1, 1, 2)
    assert items()[lagging[0]].attempts == 3
    assert fleet_migrate().state == "finished"


def test_a_lock_is_waited_for_two_seconds(lagging, monkeypatch):
    monkeypatch.setattr(waves, "_ATTEMPTS", 1)
    with database() as cursor:
        cursor.execute("BEGIN")
        cursor.execute(f"LOCK TABLE {lagging[0]}.jobs_taskrun IN ACCESS SHARE MODE")
        fleet_migrate(waves=(1, 100))
        cursor.execute("COMMIT")
    assert 1900 < items()[lagging[0]].milliseconds < 6000


def test_code_that_fails_is_named_with_its_place_and_without_values(fleet: Twins, migrations, shape_of):
    fill = """
    def fill(apps, schema_editor):
        TaskRun = apps.get_model("jobs", "TaskRun")
        if TaskRun.objects.exists():
            {}
    """
    with tenant_context(fleet.first):
        TaskRun.objects.create(kind="export", requested_by_label="ada@example.org")
    before = shape_of(fleet.first.schema)
    migrations.write("9001_fill", "migrations.RunPython(fill)", before=fill.format("raise KeyError('ada@example.org')"))
    template_record()
    assert fleet_migrate().state == "stopped"
    error = items()[fleet.first.schema].error
    assert "9001_fill.py, line " in error and error.startswith("KeyError in ") and "ada@" not in error

    twice = "for run in [*TaskRun.objects.all()] * 2: run.pk = None or run.pk; TaskRun.objects.bulk_create([run])"
    migrations.write("9001_fill", "migrations.RunPython(fill)", before=fill.format(twice), after=migrations.first)
    assert fleet_migrate().state == "stopped"
    error = items()[fleet.first.schema].error
    assert error == 'IntegrityError: duplicate key value violates unique constraint "jobs_taskrun_pkey"'
    assert shape_of(fleet.first.schema) == before


def test_two_runners_do_not_meet(lagging):
    with held(FLEET, wait=False) as free:
        assert free
        with pytest.raises(FleetBusy):
            fleet_migrate()
    with platform_context():
        assert run_last() is None
    assert fleet_migrate().state == "finished"


def test_a_killed_run_is_finished_by_the_next_one(fleet: Twins, migrations, kill_through):
    migrations.write("9001_note", NOTE)
    template_record()
    schemas = [fleet.first.schema, fleet.second.schema]

    def look():
        with platform_context():
            run = run_last()
            found = None if run is None else (run.state, Counter(item.state for item in run.items.all()))
        return found, [steps()[schema] for schema in schemas], [has_note(schema) for schema in schemas]

    seen = kill_through("shared_apps.tenants.fleet.waves:fleet_migrate", look=look)
    assert seen == [
        (("running", Counter(pending=2)), [-1, -1], [False, False]),
        (("running", Counter(pending=2)), [-1, -1], [True, False]),
        (("running", Counter(pending=1, done=1)), [0, -1], [True, False]),
        (("running", Counter(pending=1, done=1)), [0, -1], [True, True]),
        (("running", Counter(done=2)), [0, 0], [True, True]),
        (("finished", Counter(done=2)), [0, 0], [True, True]),
    ]
    with platform_context():
        assert FleetRun.objects.count() == 1


def test_a_pause_takes_effect_between_two_batches(lagging, monkeypatch):
    monkeypatch.setattr(waves, "_BATCH", 1)
    do_later(monkeypatch, lambda batch: fleet_pause(reason="Month end", actor=SYSTEM))
    report = fleet_migrate(waves=(100,))
    assert (report.state, report.done, report.pending, report.reason) == ("paused", 1, 3, "Month end")
    monkeypatch.undo()
    with pytest.raises(FleetPaused, match="Month end"):
        fleet_migrate()
    assert states().count("done") == 1
    with platform_context():
        fleet_resume(actor=SYSTEM)
    assert fleet_migrate().done == 4
    with platform_context():
        actions = list(TrailEntry.objects.order_by("id").values_list("action", "summary"))
    assert [entry for entry in actions if entry[0].startswith("fleet.")] == [
        ("fleet.pause", "Month end"),
        ("fleet.resume", ""),
    ]


def test_a_skipped_schema_stays_as_it_is_until_a_later_run(lagging):
    drift(lagging[0])
    fleet_migrate()
    with platform_context():
        item = fleet_skip(schema=lagging[0], reason="Repair on Monday", actor=SYSTEM)
        assert (item.state, str(item)) == ("skipped", lagging[0])
        with pytest.raises(NotFound, match="nothing left to do"):
            fleet_skip(schema=lagging[0], reason="Again", actor=SYSTEM)
    report = fleet_migrate()
    assert (report.state, report.done, report.skipped) == ("finished", 3, 1)
    assert steps()[lagging[0]] == -1 and items()[lagging[0]].error == "Repair on Monday"
    mend(lagging[0])
    assert fleet_migrate().done == 1
    assert steps()[lagging[0]] == 0


def test_a_schema_that_is_skipped_while_it_is_migrated_stays_skipped(lagging, monkeypatch):
    do_later(monkeypatch, lambda batch: fleet_skip(schema=batch[0].schema_name, reason="Too late", actor=SYSTEM))
    report = fleet_migrate(waves=(100,))
    assert (report.state, report.done, report.skipped) == ("finished", 3, 1)
    assert set(steps().values()) == {0}


def test_a_schema_that_is_skipped_in_time_is_not_touched(lagging, monkeypatch):
    monkeypatch.setattr(waves, "_BATCH", 1)
    do_later(monkeypatch, lambda batch: fleet_skip(schema=lagging[-1], reason="In time", actor=SYSTEM), once=True)
    report = fleet_migrate(waves=(100,))
    assert (report.state, report.done, report.skipped) == ("finished", 3, 1)
    assert steps()[lagging[-1]] == -1 and items()[lagging[-1]].attempts == 0


def do_later(monkeypatch, act, *, once=False):
    """Act after each batch, before its outcomes are written down."""
    migrate = waves._migrate

    def migrate_and_act(batch, pack):
        outcomes = migrate(batch, pack)
        act(batch)
        if once:
            monkeypatch.setattr(waves, "_migrate", migrate)
        return outcomes

    monkeypatch.setattr(waves, "_migrate", migrate_and_act)


def test_without_an_open_run_there_is_nothing_to_steer(committed: Twins):
    with platform_context():
        for ask in (
            lambda: fleet_pause(reason="", actor=SYSTEM),
            lambda: fleet_resume(actor=SYSTEM),
            lambda: fleet_skip(schema="t_x", reason="", actor=SYSTEM),
        ):
            with pytest.raises(NoOpenRun):
                ask()
        assert not TrailEntry.objects.exists()


def test_a_newer_version_closes_a_stopped_run(lagging, migrations):
    drift(lagging[0])
    fleet_migrate()
    mend(lagging[0])
    migrations.write("9002_label", 'migrations.AddField("taskrun", "label", models.TextField(default="-"))')
    template_record()
    assert fleet_migrate().done == 4
    with platform_context():
        newest, older = FleetRun.objects.all()
    assert (older.state, older.stop_reason) == ("closed", "A newer version came.")
    assert newest.target_step == older.target_step + 1


def test_who_falls_behind_later_comes_last(lagging, requested):
    drift(lagging[0])
    fleet_migrate()
    mend(lagging[0])
    with platform_context():
        late, older = requested("harbour"), replay.Pack(pack_get().steps[:-1], "")
        provisioning._take_schema(requested("kiln"), older)
        provisioning._build(provisioning._take_schema(late, older), older)
    report = fleet_migrate()
    assert (report.state, report.done) == ("finished", 5)
    with platform_context():
        late.refresh_from_db()
    assert items()[late.schema_name].wave == 3


def test_a_warm_schema_that_is_taken_meanwhile_is_known_to_be_done(lagging, requested):
    warm = lagging[-1]
    drift(lagging[0])
    fleet_migrate()
    with platform_context():
        older = replay.Pack(pack_get().steps[:-1], "")
        tenant = provisioning._take_schema(requested("harbour"), older)
        assert (tenant.schema_name, tenant.state) == (warm, TenantState.READY)
    mend(lagging[0])
    fleet_migrate()
    assert steps()[warm] == 0


def test_what_is_deleted_meanwhile_does_not_stop_the_others(lagging, fleet: Twins):
    drift(lagging[0])
    fleet_migrate()
    mend(lagging[0])
    with platform_context():
        tenant = Tenant.objects.get(slug="riverbank")
        for change in (tenant_archive, tenant_delete):
            tenant = change(tenant=tenant, actor=SYSTEM)
        schema = tenant.schema_name
        tenant_purge(tenant=tenant)
    report = fleet_migrate()
    assert (report.state, report.done, report.skipped) == ("finished", 3, 1)
    assert items()[schema].error == "The organisation is gone."


def test_what_has_no_tables_or_is_closed_is_told_apart(lagging, fleet: Twins, requested):
    with platform_context():
        requested("harbour")
        tenant_suspend(tenant=Tenant.objects.get(pk=fleet.first.uuid), actor=SYSTEM)
        half_made = requested("kiln")
        provisioning._take_schema(half_made, replay.Pack(pack_get().steps[:-1], ""))
        assert [item.schema for item in fleet_lagging(pack_get().version)][:3] == lagging[:3]


def test_waves_must_rise_to_the_whole_fleet(committed: Twins):
    for shares in ((), (50,), (10, 10, 100), (100, 50), (0, 100), (-1, 100), (1, 200)):
        with pytest.raises(WavesRefused):
            fleet_migrate(waves=shares)
    with platform_context():
        assert run_last() is None


@pytest.mark.parametrize(
    ("total", "expected"), [(1, [1]), (3, [1, 0, 2]), (20, [1, 1, 18]), (200, [2, 18, 180]), (1000, [10, 90, 900])]
)
def test_each_wave_has_its_share(total, expected):
    found = Counter(runs._wave_of(position, total, waves.DEFAULT_WAVES) for position in range(total))
    assert [found[number] for number in range(1, len(expected) + 1)] == expected
