from dataclasses import replace

import pytest

from core.tenancy import platform_context, tenant_context
from shared_apps.tenants.fleet.names import TEMPLATE_SCHEMA, new_schema_name
from shared_apps.tenants.fleet.recording import template_record
from shared_apps.tenants.fleet.replay import (
    HistoryUnknown,
    NothingRecorded,
    PackDamaged,
    SchemaMissing,
    ShapeDiffers,
    StepUnknown,
    pack_get,
    schema_build,
    schema_upgrade,
)
from shared_apps.tenants.models import TemplateStep
from tenant_apps.jobs.models import TaskRun
from tests.support.databases import database
from tests.support.twins import Twins

NOTE = 'migrations.AddField("taskrun", "note", models.TextField(default="-"))'
FILL = """
def fill(apps, schema_editor):
    TaskRun = apps.get_model("jobs", "TaskRun")
    for run in TaskRun.objects.all():
        run.note = run.kind.upper()
        run.save(update_fields=["note"])
"""
FAIL = FILL + "    raise ValueError('planned')\n"


def build(pack=None):
    schema = new_schema_name()
    schema_build(cell="default", schema=schema, pack=pack or pack_get())
    return schema


def upgrade(schema):
    schema_upgrade(cell="default", schema=schema, pack=pack_get())


def notes(schema):
    with database() as cursor:
        cursor.execute(f"SELECT kind, note FROM {schema}.jobs_taskrun ORDER BY kind")
        return cursor.fetchall()


def history(schema):
    with database() as cursor:
        cursor.execute(f"SELECT app, name FROM {schema}.django_migrations ORDER BY id")
        return cursor.fetchall()


def exists(schema):
    with database() as cursor:
        cursor.execute(
            "SELECT (SELECT count(*) FROM pg_namespace WHERE nspname = %s),"
            " (SELECT count(*) FROM pg_roles WHERE rolname IN (%s, %s))",
            [schema, schema, f"{schema}_ro"],
        )
        return cursor.fetchone()


@pytest.fixture
def with_runs(fleet: Twins) -> Twins:
    """Both twins, with two rows to compute with."""
    for ref in (fleet.first, fleet.second):
        with tenant_context(ref):
            TaskRun.objects.create(kind="export")
            TaskRun.objects.create(kind="import")
    return fleet


def test_a_built_schema_is_the_template_with_roles_of_its_own(committed: Twins, shape_of):
    schema = build()
    assert shape_of(schema) == shape_of(TEMPLATE_SCHEMA)
    assert history(schema) == history(TEMPLATE_SCHEMA)
    assert exists(schema) == (1, 2)
    build_again = shape_of(schema)
    schema_build(cell="default", schema=schema, pack=pack_get())
    assert shape_of(schema) == build_again


def test_a_schema_that_an_interrupted_run_left_behind_is_brought_up_to_date(fleet: Twins, migrations, shape_of):
    schema = build()
    migrations.write("9001_note", NOTE)
    template_record()
    schema_build(cell="default", schema=schema, pack=pack_get())
    assert shape_of(schema) == pack_get().shape == shape_of(TEMPLATE_SCHEMA)


def test_an_upgrade_replays_what_is_missing_and_nothing_else(with_runs: Twins, migrations, shape_of):
    migrations.write("9001_note", NOTE)
    template_record()
    for _ in range(2):
        upgrade(with_runs.first.schema)
        assert notes(with_runs.first.schema) == [("export", "-"), ("import", "-")]
        assert shape_of(with_runs.first.schema) == pack_get().shape
        assert history(with_runs.first.schema)[-1] == ("jobs", "9001_note")
    assert shape_of(with_runs.second.schema) != pack_get().shape


def test_a_step_that_computes_runs_through_django_on_each_schemas_rows(with_runs: Twins, migrations, shape_of):
    migrations.write("9001_note", NOTE)
    migrations.write("9002_fill", "migrations.RunPython(fill)", before=FILL)
    migrations.write("9003_short", 'migrations.AlterField("taskrun", "note", models.CharField(max_length=9))')
    template_record()
    upgrade(with_runs.first.schema)
    assert notes(with_runs.first.schema) == [("export", "EXPORT"), ("import", "IMPORT")]
    assert shape_of(with_runs.first.schema) == pack_get().shape
    assert [name for _app, name in history(with_runs.first.schema)[-3:]] == ["9001_note", "9002_fill", "9003_short"]
    fresh = build()
    assert notes(fresh) == []


def test_a_step_that_fails_takes_those_before_it_back(with_runs: Twins, migrations, shape_of):
    schema, before = with_runs.first.schema, shape_of(with_runs.first.schema)
    migrations.write("9001_note", NOTE)
    migrations.write("9002_fill", "migrations.RunPython(fill)", before=FILL)
    template_record()
    migrations.write("9002_fill", "migrations.RunPython(fill)", before=FAIL, after="9001_note")
    with pytest.raises(ValueError, match="planned"):
        upgrade(schema)
    assert shape_of(schema) == before
    assert history(schema)[-1] != ("jobs", "9001_note")
    migrations.write("9002_fill", "migrations.RunPython(fill)", before=FILL, after="9001_note")
    upgrade(schema)
    assert notes(schema) == [("export", "EXPORT"), ("import", "IMPORT")]


def test_a_step_may_alter_what_an_earlier_one_has_written(fleet: Twins, migrations, shape_of):
    # A row with a deferred foreign key keeps its table from being altered until the key was checked.
    with_key = """
    def fill(apps, schema_editor):
        user = apps.get_model("users", "User").objects.create(email="robot@example.org")
        role = apps.get_model("users", "Role").objects.first()
        apps.get_model("users", "RoleAssignment").objects.create(user=user, role=role)
    """
    by_sql = "INSERT INTO users_roleassignment (id, user_id, role_id, assigned_at) SELECT gen_random_uuid(), id,"
    by_sql += " (SELECT id FROM users_role OFFSET 1 LIMIT 1), now() FROM users_user"
    needs = '("users", "0002_roles")'
    migrations.write("9001_rows", "migrations.RunPython(fill)", before=with_key, needs=needs)
    migrations.write("9002_column", "migrations.RunSQL('ALTER TABLE users_roleassignment ADD COLUMN one int')")
    migrations.write("9003_rows", f"migrations.RunSQL({by_sql!r})")
    migrations.write("9004_column", "migrations.RunSQL('ALTER TABLE users_roleassignment ADD COLUMN two int')")
    template_record()
    upgrade(fleet.first.schema)
    assert shape_of(fleet.first.schema) == shape_of(build()) == pack_get().shape


@pytest.mark.parametrize(
    "change",
    [
        "INSERT INTO {}.django_migrations (app, name, applied) VALUES ('jobs', '7000_foreign', now())",
        "DELETE FROM {}.django_migrations WHERE name = '0002_roles'",
    ],
)
def test_a_schema_with_another_history_is_left_alone(fleet: Twins, migrations, shape_of, change):
    schema = fleet.first.schema
    with database() as cursor:
        cursor.execute(change.format(schema))
    before = (shape_of(schema), history(schema))
    migrations.write("9001_note", NOTE)
    template_record()
    with pytest.raises(HistoryUnknown):
        upgrade(schema)
    assert (shape_of(schema), history(schema)) == before


def test_a_schema_that_drifted_is_left_as_it_is(fleet: Twins, migrations, shape_of):
    schema = fleet.first.schema
    with database() as cursor:
        cursor.execute(f"DROP INDEX {schema}.jobs_run_open")
    before = (shape_of(schema), history(schema))
    migrations.write("9001_note", NOTE)
    template_record()
    with pytest.raises(ShapeDiffers, match=schema):
        upgrade(schema)
    assert (shape_of(schema), history(schema)) == before


def test_a_build_that_is_not_the_template_leaves_nothing(committed: Twins):
    pack = pack_get()
    odd = replace(pack, steps=(*pack.steps[:-1], replace(pack.steps[-1], shape="0" * 64)))
    schema = new_schema_name()
    with pytest.raises(ShapeDiffers):
        schema_build(cell="default", schema=schema, pack=odd)
    assert exists(schema) == (0, 0)


def test_a_schema_that_is_not_there_is_named(committed: Twins):
    with pytest.raises(SchemaMissing, match="t_nowhere"):
        upgrade("t_nowhere")


def test_a_step_by_code_that_is_not_here_is_refused(fleet: Twins, migrations, shape_of):
    migrations.write("9001_fill", "migrations.RunPython(fill)", before="def fill(apps, schema_editor):\n    pass\n")
    template_record()
    before = shape_of(fleet.first.schema)
    migrations.remove("9001_fill", last=migrations.first)
    with pytest.raises(StepUnknown, match=r"jobs\.9001_fill needs the version"):
        upgrade(fleet.first.schema)
    assert shape_of(fleet.first.schema) == before


@pytest.mark.parametrize(
    "damage",
    [
        {"statements": "DROP TABLE jobs_taskrun"},
        {"shape": "0" * 64},
        {"kind": "python"},
        {"name": "0001_other"},
    ],
)
def test_an_altered_step_is_noticed(fleet: Twins, damage):
    forget_pack()
    with platform_context():
        TemplateStep.objects.filter(ordinal=5).update(**damage)
        with pytest.raises(PackDamaged, match="Step 5"):
            pack_get()


def test_a_missing_step_is_noticed(fleet: Twins):
    forget_pack()
    with platform_context():
        TemplateStep.objects.filter(ordinal=5).delete()
        with pytest.raises(PackDamaged, match="Step 6"):
            pack_get()


def test_without_a_template_there_is_no_pack(fleet: Twins):
    with platform_context():
        TemplateStep.objects.all().delete()
        with pytest.raises(NothingRecorded, match=r"manage\.py migrate"):
            pack_get()


def forget_pack():
    from shared_apps.tenants.fleet.replay import _pack

    _pack.cache_clear()
