from io import StringIO

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from core.tenancy import TenantState, platform_context
from shared_apps.tenants import cluster
from shared_apps.tenants.fleet.locks import MIGRATE, held
from shared_apps.tenants.fleet.replay import pack_get
from shared_apps.tenants.models import FleetRun, TemplateStep, Tenant
from tests.support.databases import database
from tests.support.threads import at_once
from tests.support.twins import Twins

NOTE = 'migrations.AddField("taskrun", "note", models.TextField(default="-"))'
CREATE = ("tenant", "create", "riverbank", "--name", "Riverbank", "--owner-email", "olga@example.org")


def run(*arguments, **options):
    out = StringIO()
    call_command(*arguments, stdout=out, **options)
    return out.getvalue().splitlines()


def refusal(*arguments, **options):
    with pytest.raises(CommandError) as refused:
        run(*arguments, **options)
    return str(refused.value)


@pytest.fixture
def without_owner(monkeypatch):
    """A process that was started without the credentials of the tables' owner."""
    monkeypatch.setitem(settings.DATABASES["default"]["OWNER"], "USER", "")


def test_an_organisation_is_created_steered_and_deleted(committed: Twins):
    assert run(*CREATE) == ["riverbank  active  Riverbank  http://riverbank.localhost:8000"]
    assert run("tenant", "list")[-1] == "riverbank  active  Riverbank  http://riverbank.localhost:8000"
    for action, state in (
        ("suspend", "suspended"),
        ("resume", "active"),
        ("read-only", "read_only"),
        ("resume", "active"),
        ("archive", "archived"),
    ):
        assert run("tenant", action, "riverbank", "--reason", "so")[0].split()[1] == state
    shown = run("tenant", "show", "RIVERBANK")
    with platform_context():
        tenant = Tenant.objects.get(slug="riverbank")
    assert shown[1] == f"  id {tenant.pk}, schema {tenant.schema_name}, cell default"
    assert shown[2] == f"  epoch 1, template step {tenant.template_step}"
    assert shown[3].endswith(" requested → provisioning by System")
    assert shown[-1].endswith(" active → archived by System so") and len(shown) == 11
    assert refusal("tenant", "delete", "riverbank") == (
        "All data of Riverbank will be gone. Repeat with --confirm riverbank."
    )
    assert run("tenant", "show", "riverbank")[0].split()[1] == "archived"
    assert run("tenant", "delete", "riverbank", "--confirm", "riverbank") == ["Riverbank was deleted."]
    assert refusal("tenant", "show", "riverbank") == "There is no organisation “riverbank”."


def test_refusals_are_sentences(committed: Twins):
    assert refusal("tenant", "create", "north", "--name", "X", "--owner-email", "o@example.org") == (
        "“north” is taken. Choose another name."
    )
    assert refusal("tenant", "create", "no", "--name", "X", "--owner-email", "o@example.org").startswith("Use 3 to 40")
    assert refusal("tenant", "create", "kiln", "--name", "X", "--owner-email", "o") == (
        "Give the e-mail address of the first administrator."
    )
    assert refusal(*CREATE, "--cell", "moon") == "There is no cell moon. Known: default."
    assert refusal("tenant", "resume", "north") == "North Ltd is active: there is nothing to resume."
    assert refusal("tenant", "delete", "north", "--confirm", "north") == (
        "An organisation that is active cannot become deleting."
    )
    with platform_context():
        assert set(Tenant.objects.values_list("slug", "state")) == {("north", "active"), ("south", "active")}


def test_an_interrupted_creation_goes_on_only_under_its_name(committed: Twins, requested):
    requested("riverbank")
    assert refusal("tenant", "create", "riverbank", "--name", "Other", "--owner-email", "o@example.org") == (
        "“riverbank” is taken. Choose another name."
    )
    assert run(*CREATE)[0].startswith("riverbank  active")


def test_without_the_owners_credentials_it_is_said_so(committed: Twins, without_owner):
    text = "Set DATABASE_OWNER_URL in processes that create or change tenants' tables."
    assert refusal(*CREATE) == text
    assert refusal("migrate", verbosity=0) == text
    assert refusal("database", "prepare").startswith("Set DATABASE_OWNER_URL: the owner's login")
    with platform_context():
        assert Tenant.objects.get(slug="riverbank").state == TenantState.PROVISIONING


def test_a_database_that_does_not_do_it_is_quoted(committed: Twins, provisioned, monkeypatch):
    monkeypatch.setattr(settings, "DATABASE_LOCK_MILLISECONDS", 50)
    tenant = provisioned("riverbank")
    run("tenant", "archive", "riverbank")
    with database() as cursor:
        cursor.execute("BEGIN")
        cursor.execute(f"LOCK TABLE {tenant.schema_name}.users_user IN ACCESS SHARE MODE")
        said = refusal("tenant", "delete", "riverbank", "--confirm", "riverbank")
        cursor.execute("COMMIT")
    assert said == ("The database did not do it: canceling statement due to lock timeout. Run the same command again.")
    assert run("tenant", "delete", "riverbank", "--confirm", "riverbank") == ["Riverbank was deleted."]


def test_the_fleet_is_watched_and_steered(fleet: Twins, migrations):
    version = pack_get().version
    assert run("fleet", "status")[1:] == ["Organisations and warm schemas that lag: 0", "Warm schemas ready: 0"]
    assert run("fleet", "warm", "--size", "1") == ["Built 1 schemas."]
    assert run("fleet", "verify") == ["All 4 schemas are as recorded."]
    migrations.write("9001_note", NOTE)
    assert run("migrate", "--no-fleet", verbosity=2)[-2:] == [
        "  recording jobs.9001_note",
        "Recorded 1 new steps of the tenants' template.",
    ]
    assert run("fleet", "status")[:2] == [
        f"Newest version: step {version + 1}, checksum {pack_get().checksum[:12]}",
        "Organisations and warm schemas that lag: 3",
    ]
    with database() as cursor:
        cursor.execute(f"ALTER TABLE {fleet.first.schema}.jobs_taskrun ADD COLUMN note int")
    assert "What failed was left as it was" in refusal("fleet", "migrate", "--waves", "50,100")
    status = run("fleet", "status")
    assert status[3].startswith(f"Last run: to step {version + 1}, begun 20")
    assert status[4].startswith("  Fleet run stopped: 0 migrated, 1 failed, 0 skipped, 2 left.")
    assert status[5].startswith(f"  {fleet.first.schema} failed, 1 attempts: ProgrammingError: column")
    found = refusal("fleet", "verify")
    assert found == "1 of 4 schemas differ from what was recorded."
    assert run("fleet", "skip", "north", "--reason", "Odd") == [
        "North Ltd is left out of this run: it answers 503 until a later one includes it."
    ]
    assert run("fleet", "pause", "--reason", "Lunch") == ["The run stops after the organisation that it is at."]
    assert refusal("fleet", "migrate") == "Fleet migrations are paused: Lunch Resume them with `fleet resume`."
    assert run("migrate")[-1] == "Fleet migrations are paused: Lunch Resume them with `fleet resume`."
    assert run("fleet", "resume") == ["Fleet run finished: 2 migrated, 0 failed, 1 skipped, 0 left."]
    assert run("fleet", "status")[5] == f"  {fleet.first.schema} skipped, 1 attempts: Odd"
    assert refusal("migrate").startswith("Some organisations were not migrated")
    with platform_context():
        assert list(FleetRun.objects.values_list("state", flat=True)) == ["stopped", "finished"]


def test_drift_is_printed(fleet: Twins, capsys):
    with database() as cursor:
        cursor.execute(f"DROP INDEX {fleet.second.schema}.jobs_run_open")
    out = StringIO()
    with pytest.raises(CommandError, match="1 of 3"):
        call_command("fleet", "verify", stdout=out)
    lines = out.getvalue().splitlines()
    assert lines[0] == f"{fleet.second.schema} (default) differs:"
    assert lines[1].startswith("  - index CREATE INDEX jobs_run_open ON jobs_taskrun")


@pytest.mark.parametrize(
    ("waves", "message"),
    [("1,x", "Give the waves as whole percentages, such as 1,10,100."), ("50", "The waves must be percentages")],
)
def test_waves_are_percentages(committed: Twins, waves, message):
    assert refusal("fleet", "migrate", "--waves", waves).startswith(message)


def test_migrating_records_and_replays(fleet: Twins, migrations):
    migrations.write("9001_note", NOTE)
    assert run("migrate", verbosity=0) == [
        "Recorded 1 new steps of the tenants' template.",
        "Fleet run finished: 2 migrated, 0 failed, 0 skipped, 0 left.",
    ]
    assert run("migrate", verbosity=0) == ["Every organisation is up to date."]


@pytest.mark.parametrize("options", [{"plan": True}, {"check_unapplied": False, "app_label": "jobs"}])
def test_looking_and_migrating_one_app_leave_the_organisations_alone(fleet: Twins, migrations, options):
    migrations.write("9001_note", NOTE)
    with platform_context():
        before = TemplateStep.objects.count()
    run("migrate", **options)
    with platform_context():
        assert TemplateStep.objects.count() == before


def test_an_unapplied_migration_is_told_by_the_exit_status(fleet: Twins, migrations):
    run("migrate", check_unapplied=True)
    migrations.write("9001_note", NOTE)
    with pytest.raises(SystemExit):
        run("migrate", check_unapplied=True)


def test_two_processes_migrate_one_after_the_other(fleet: Twins, migrations):
    migrations.write("9001_note", NOTE)
    answers = at_once(2, lambda number: run("migrate", verbosity=0))
    assert sorted(answers) == [
        ["Every organisation is up to date."],
        [
            "Recorded 1 new steps of the tenants' template.",
            "Fleet run finished: 2 migrated, 0 failed, 0 skipped, 0 left.",
        ],
    ]


def test_another_migration_is_waited_for(committed: Twins):
    with held(MIGRATE, wait=False) as free:
        assert free
        with held(MIGRATE, wait=False) as again:
            assert not again


def test_the_database_can_be_prepared_again_and_checked(committed: Twins, monkeypatch):
    monkeypatch.setattr(cluster, "OLDEST", 999_999)
    assert refusal("database", "prepare") == "Livery needs PostgreSQL 16 or newer; 18 is recommended."
    monkeypatch.undo()
    name = settings.DATABASES["default"]["NAME"]
    assert run("database", "prepare") == [f"The database {name} of the cell default is ready to migrate."]
    assert run("database", "check")[0].startswith("Reached as livery_platform: PostgreSQL 18")
    assert refusal("database", "prepare", cell="moon") == "There is no cell moon. Known: default."
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(settings.DATABASES["default"], "ADMIN_URL", "postgres://postgres@127.0.0.1:1/postgres")
        assert refusal("database", "prepare").startswith("The server cannot be used: connection to server at")
        patch.setitem(settings.DATABASES["default"], "ADMIN_URL", "")
        assert refusal("database", "prepare").startswith("Set DATABASE_ADMIN_URL")
