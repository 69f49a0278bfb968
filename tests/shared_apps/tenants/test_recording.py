import pytest
from django.db import ProgrammingError

from core.tenancy import directory, platform_context
from shared_apps.tenants.fleet import recording
from shared_apps.tenants.fleet.names import TEMPLATE_SCHEMA
from shared_apps.tenants.fleet.recording import UnrecordableMigration, code_migrations, template_record
from shared_apps.tenants.fleet.replay import pack_get
from shared_apps.tenants.models import TemplateStep
from tests.support.databases import database
from tests.support.threads import at_once
from tests.support.twins import Twins

NOTE = 'migrations.AddField("taskrun", "note", models.TextField(default="-"))'
LABEL = 'migrations.AddField("taskrun", "label", models.TextField(default="-"))'


def steps():
    with platform_context():
        return list(TemplateStep.objects.values_list("ordinal", "app_label", "name", "kind"))


def last_step():
    with platform_context():
        return TemplateStep.objects.last()


def template():
    """The recorded steps and the shape that the template really has."""
    with database() as cursor:
        cursor.execute("SELECT name FROM livery_template.django_migrations ORDER BY id")
        names = [name for (name,) in cursor.fetchall()]
        cursor.execute(
            "SELECT column_name FROM information_schema.columns"
            " WHERE table_schema = 'livery_template' AND table_name = 'jobs_taskrun'"
        )
        return steps(), names, {name for (name,) in cursor.fetchall()}


def test_a_migration_is_recorded_once_as_the_statements_that_it_ran(fleet: Twins, migrations):
    before = steps()
    migrations.write("9001_note", NOTE)
    assert directory().required_step() is None
    assert template_record() == 1
    assert template_record() == 0
    ordinal = len(before) + 1
    assert steps() == [*before, (ordinal, "jobs", "9001_note", "sql")]
    step = last_step()
    assert str(step) == f"{ordinal} jobs 9001_note"
    assert 'ALTER TABLE "jobs_taskrun" ADD COLUMN "note" text' in step.statements
    assert 'INSERT INTO "django_migrations"' in step.statements
    assert "SELECT" not in step.statements and "SAVEPOINT" not in step.statements
    directory().forget()
    assert directory().required_step() == ordinal == pack_get().version
    assert "note" in template()[2]


def test_the_report_names_each_migration(fleet: Twins, migrations):
    migrations.write("9001_note", NOTE)
    lines = []
    template_record(report=lines.append)
    assert lines == ["  recording jobs.9001_note"]


@pytest.mark.parametrize(
    ("operation", "kind"),
    [
        ("migrations.RunPython(fill)", "python"),
        ("migrations.SeparateDatabaseAndState([migrations.RunPython(fill)])", "python"),
        ("migrations.RunPython(migrations.RunPython.noop, fill)", "sql"),
        ("migrations.SeparateDatabaseAndState([], [migrations.RunPython(fill)])", "sql"),
        ("migrations.RunSQL('UPDATE jobs_taskrun SET kind = kind')", "sql"),
    ],
)
def test_what_computes_with_rows_is_known(fleet: Twins, migrations, operation, kind):
    migrations.write("9001_rows", operation, before="def fill(apps, schema_editor):\n    pass\n")
    template_record()
    assert last_step().kind == kind


def test_only_what_remains_is_kept(fleet: Twins, migrations):
    migrations.write(
        "9001_rows",
        "migrations.RunPython(fill), migrations.RunSQL(\"SELECT pg_notify('a', '100%')  -- the end\")",
        before="""
        from django.db import transaction

        def fill(apps, schema_editor):
            Role = apps.get_model("users", "Role")
            assert Role.objects.count() and Role.objects.exists()
            with transaction.atomic():
                Role.objects.create(code="kept", name="100% o'clock")
            try:
                with transaction.atomic():
                    Role.objects.create(code="undone", name="Undone")
                    with transaction.atomic():
                        Role.objects.create(code="undone-too", name="Undone too")
                    raise ValueError
            except ValueError:
                Role.objects.create(code="instead", name="Instead")
            with schema_editor.connection.cursor() as cursor:
                cursor.executemany("UPDATE users_role SET name = %s WHERE code = %s", [("A", "kept"), ("B", "instead")])
                cursor.execute("SELECT setval('django_migrations_id_seq', 900)")
        """,
        after=None,
    )
    template_record()
    kept = last_step().statements
    assert "'100% o''clock'" in kept and "'instead'" in kept and "undone" not in kept
    assert kept.count("UPDATE users_role") == 2
    assert "setval('django_migrations_id_seq', 900)" in kept
    assert "SELECT pg_notify('a', '100%')  -- the end\n;\n" in kept
    assert kept.count("SELECT") == 2


@pytest.mark.parametrize(
    ("operation", "options", "message"),
    [
        (NOTE, {"atomic": False}, "jobs.9002_second is not atomic"),
        (NOTE, {"replaces": [("jobs", "9000_older")]}, "jobs.9002_second replaces others"),
    ],
)
def test_what_cannot_be_replayed_is_refused_before_anything_is_recorded(
    fleet: Twins, migrations, operation, options, message
):
    migrations.write("9001_first", LABEL)
    migrations.write("9002_second", operation, **options)
    before = template()
    with pytest.raises(UnrecordableMigration, match=message):
        template_record()
    assert template() == before


def test_a_migration_that_names_the_template_is_refused(fleet: Twins, migrations):
    migrations.write("9001_named", f"migrations.RunSQL('CREATE TABLE {TEMPLATE_SCHEMA}.one (id int)')")
    before = template()
    with pytest.raises(UnrecordableMigration, match="names the template's schema"):
        template_record()
    assert template() == before


def test_a_migration_that_fails_leaves_whole_steps(fleet: Twins, migrations):
    before = steps()
    migrations.write("9001_note", NOTE)
    migrations.write("9002_broken", f"{LABEL}, migrations.RunSQL('SELECT nonsense()')")
    with pytest.raises(ProgrammingError):
        template_record()
    assert steps() == [*before, (len(before) + 1, "jobs", "9001_note", "sql")]
    assert {"note"} == template()[2] & {"note", "label"}
    migrations.write("9002_broken", LABEL, after="9001_note")
    assert template_record() == 1
    assert {"note", "label"} <= template()[2]


def test_two_recorders_at_once_record_each_migration_once(fleet: Twins, migrations):
    before = steps()
    migrations.write("9001_note", NOTE)
    assert sorted(at_once(2, lambda number: template_record())) == [0, 1]
    assert len(steps()) == len(before) + 1


def test_a_killed_recording_goes_on_with_the_next_step(fleet: Twins, migrations, kill_through):
    before = steps()
    migrations.write("9001_note", NOTE)
    migrations.write("9002_label", LABEL)
    seen = kill_through("shared_apps.tenants.fleet.recording:template_record", look=template)
    first, second = (len(before) + 1, "jobs", "9001_note", "sql"), (len(before) + 2, "jobs", "9002_label", "sql")
    assert [recorded for recorded, _names, _columns in seen] == [[*before, first], [*before, first, second]]
    assert [{"note", "label"} & columns for _steps, _names, columns in seen] == [{"note"}, {"note", "label"}]
    assert pack_get().version == len(before) + 2


def test_the_code_names_all_migrations_of_tenants_and_none_of_the_platform():
    labels = {label for label, _name in code_migrations()}
    assert labels == recording.tenant_app_labels() - {"allauth"}
    assert "tenants" not in labels


def test_no_foreign_key_leaves_its_schema(committed: Twins):
    with database() as cursor:
        cursor.execute(
            "SELECT count(*), count(*) FILTER (WHERE f.relnamespace <> t.relnamespace) FROM pg_constraint c"
            " JOIN pg_class f ON f.oid = c.conrelid JOIN pg_class t ON t.oid = c.confrelid WHERE contype = 'f'"
        )
        total, crossing = cursor.fetchone()
    assert total > 30
    assert crossing == 0
