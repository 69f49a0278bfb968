from core.tenancy import platform_context
from shared_apps.tenants.fleet.locks import WARM, held
from shared_apps.tenants.fleet.recording import template_record
from shared_apps.tenants.fleet.replay import pack_get
from shared_apps.tenants.fleet.warm import warm_fill
from shared_apps.tenants.fleet.waves import fleet_migrate
from shared_apps.tenants.models import WarmSchema
from tests.support.databases import database
from tests.support.threads import at_once
from tests.support.twins import Twins


def warm():
    with platform_context():
        return dict(WarmSchema.objects.values_list("schema_name", "template_step"))


def there():
    with database() as cursor:
        cursor.execute("SELECT nspname FROM pg_namespace WHERE nspname = ANY(%s)", [list(warm())])
        return {name for (name,) in cursor.fetchall()}


def test_the_pool_is_filled_to_its_size(committed: Twins, shape_of):
    assert warm_fill(size=2) == 2
    assert warm_fill(size=2) == 0
    assert warm_fill(size=1) == 0
    assert set(warm().values()) == {pack_get().version} and len(warm()) == 2
    assert {shape_of(schema) for schema in warm()} == {pack_get().shape}
    with platform_context():
        assert {str(row) for row in WarmSchema.objects.all()} == set(warm())


def test_a_killed_filling_is_finished_by_the_next(committed: Twins, kill_through):
    seen = kill_through("fleet", "warm", "--size", "1", look=lambda: (sorted(warm().values()), len(there())))
    assert seen == [([0], 0), ([0], 1), ([pack_get().version], 1)]


def test_an_interrupted_schema_is_brought_to_the_newest_step(fleet: Twins, migrations, shape_of):
    warm_fill(size=1)
    with platform_context():
        WarmSchema.objects.update(template_step=0)
    migrations.write("9001_note", 'migrations.AddField("taskrun", "note", models.TextField(default="-"))')
    template_record()
    fleet_migrate()
    assert warm_fill(size=1) == 1
    (schema,) = warm()
    assert shape_of(schema) == pack_get().shape


def test_two_fillings_at_once_build_no_more_than_one(committed: Twins):
    assert sorted(at_once(2, lambda number: warm_fill(size=2)))[-1] == 2
    assert len(warm()) == 2
    with held(WARM, wait=False):
        assert warm_fill(size=3) == 0
