import pytest

from core.tenancy import platform_context
from shared_apps.tenants.fleet.names import TEMPLATE_SCHEMA
from shared_apps.tenants.fleet.recording import template_record
from shared_apps.tenants.fleet.replay import pack_get
from shared_apps.tenants.fleet.shape import shape_lines
from shared_apps.tenants.fleet.verification import fleet_verify
from shared_apps.tenants.fleet.warm import warm_fill
from shared_apps.tenants.models import Tenant, WarmSchema
from tests.support.databases import database
from tests.support.twins import Twins

NOTE = 'migrations.AddField("taskrun", "note", models.TextField(default="-"))'


def alter(schema, *statements):
    with database() as cursor:
        cursor.execute(f"SET search_path = {schema}")
        for statement in statements:
            cursor.execute(statement)


def drifts():
    _checked, found = fleet_verify()
    return {drift.schema: drift.lines for drift in found}


def test_a_fleet_that_is_as_recorded_has_no_drift(fleet: Twins, requested):
    warm_fill(size=1)
    with platform_context():
        requested("riverbank")
        WarmSchema.objects.create(schema_name="t_halfmade", cell="default", template_step=0)
    assert fleet_verify() == (4, [])


@pytest.mark.parametrize(
    ("statement", "line"),
    [
        ("DROP INDEX jobs_run_open", "- index CREATE INDEX jobs_run_open ON jobs_taskrun"),
        ("ALTER TABLE jobs_taskrun ALTER kind DROP NOT NULL", "- column jobs_taskrun.kind"),
        ("ALTER TABLE jobs_taskrun ALTER kind SET DEFAULT 'x'", "- column jobs_taskrun.kind"),
        ("ALTER TABLE jobs_taskrun ADD COLUMN odd int", "+ column jobs_taskrun.odd integer"),
        ("ALTER TABLE jobs_taskrun DROP CONSTRAINT jobs_run_kind_given", "- constraint jobs_taskrun jobs_run_kind"),
        ("ALTER TABLE jobs_taskrun SET UNLOGGED", "- relation jobs_taskrun r p"),
        ("ALTER TABLE jobs_taskrun ENABLE ROW LEVEL SECURITY", "- relation jobs_taskrun r p row security f"),
        ("ALTER TABLE jobs_taskrun OWNER TO postgres", "- relation jobs_taskrun r p row security f own t"),
        ("GRANT SELECT ON jobs_taskrun TO PUBLIC", "- relation jobs_taskrun"),
        ("GRANT SELECT (kind) ON jobs_taskrun TO livery_platform", "- column jobs_taskrun.kind"),
        ("REVOKE INSERT ON jobs_taskrun FROM {}", "- relation jobs_taskrun"),
        ("ALTER TABLE trail_trailentry DISABLE TRIGGER USER", "- trigger CREATE TRIGGER trail_trailentry_append_only"),
        (
            "CREATE OR REPLACE FUNCTION trail_trailentry_refuse_change() RETURNS trigger LANGUAGE plpgsql AS"
            " 'BEGIN RETURN NEW; END'",
            "- function CREATE OR REPLACE FUNCTION trail_trailentry_refuse_change()",
        ),
        ("GRANT EXECUTE ON FUNCTION trail_trailentry_refuse_change() TO livery_platform", "- function"),
        ("ALTER SEQUENCE django_migrations_id_seq INCREMENT 2", "- sequence django_migrations_id_seq"),
        ("GRANT USAGE ON SCHEMA {schema} TO livery_platform", "- schema grants"),
        ("CREATE VIEW odd AS SELECT 1 AS one", "+ column odd.one integer"),
        ("CREATE TYPE odd AS ENUM ('b', 'a')", "+ type odd e b,a"),
        ("CREATE DOMAIN odd AS text", "+ type odd d "),
    ],
)
def test_drift_is_found_and_shown(fleet: Twins, statement, line):
    alter(fleet.second.schema, statement.format(fleet.second.role, schema=fleet.second.schema))
    found = drifts()
    assert list(found) == [fleet.second.schema]
    assert any(each.startswith(line) for each in found[fleet.second.schema]), found


def test_a_drifted_template_is_found(fleet: Twins):
    alter(TEMPLATE_SCHEMA, "DROP INDEX jobs_run_open")
    assert drifts() == {TEMPLATE_SCHEMA: ("the template itself was altered after it was recorded",)}


def test_a_lagging_schema_is_held_to_its_own_step(fleet: Twins, migrations):
    migrations.write("9001_note", NOTE)
    template_record()
    assert fleet_verify() == (3, [])
    alter(fleet.first.schema, "DROP INDEX jobs_run_open")
    (lines,) = drifts().values()
    assert lines == ("it differs from what its earlier step left, which no schema shows any more",)


def test_a_registry_that_believes_too_much_is_found(fleet: Twins, migrations):
    migrations.write("9001_note", NOTE)
    template_record()
    with platform_context():
        Tenant.objects.filter(pk=fleet.first.uuid).update(template_step=pack_get().version)
    (lines,) = drifts().values()
    assert lines[0].startswith("- column jobs_taskrun.note text")


def test_a_schema_that_is_gone_is_found(fleet: Twins):
    alter("public", f"DROP SCHEMA {fleet.first.schema} CASCADE")
    assert drifts() == {fleet.first.schema: ("the schema does not exist",)}


def test_a_long_difference_is_cut(fleet: Twins):
    alter(fleet.first.schema, *(f"CREATE TABLE odd_{number} (id int)" for number in range(30)))
    (lines,) = drifts().values()
    assert len(lines) == 20


def test_equal_schemas_have_equal_lines_without_their_names(fleet: Twins):
    with database() as cursor:
        lines = shape_lines(cursor, fleet.first.schema)
        assert lines == shape_lines(cursor, fleet.second.schema) == shape_lines(cursor, TEMPLATE_SCHEMA)
    text = "\n".join(lines)
    assert len(lines) > 300 and not any(name in text for name in (fleet.first.schema, TEMPLATE_SCHEMA, "livery_owner"))
