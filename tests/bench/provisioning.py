"""python -m tests.bench.provisioning: what new organisations and fleet migrations cost, beside the same SQL by psql.

Works in a database of its own, on the servers that the environment names or on embedded ones. Prints medians at 1, 50
and 200 organisations in one run, in milliseconds, and never fails by the clock.
"""

import contextlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "platform")]

from deploy.local.postgres import postgres_programs  # noqa: E402
from deploy.local.services import SharedServices, kept_secrets  # noqa: E402

SIZES = (1, 50, 200)
REPEATS = 5
DATABASE = "livery_bench_provisioning"
DATA = ROOT / ".data" / "bench"
ROWS = {
    "Django migrate": "",
    "replay": "< 500 at 200",
    "warm claim, whole": "< 50",
    "warm claim, alone": "",
    "AddField, each": "< 10",
    "nothing to do": "< 100 at 200",
    "verify": "",
}


def main() -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings.dev"
    services = SharedServices(DATA) if "DATABASE_ADMIN_URL" not in os.environ else None
    if services is not None:
        os.environ.update({**kept_secrets(DATA), **services.join(DATABASE)})
    try:
        for name in ("DATABASE_URL", "DATABASE_OWNER_URL"):
            os.environ[name] = urlsplit(os.environ[name])._replace(path=f"/{DATABASE}").geturl()
        _measure()
    finally:
        if services is not None:
            services.leave()


def _measure() -> None:
    import django

    django.setup()
    from tests.support.migrations import more_migrations

    with _own_database(), tempfile.TemporaryDirectory() as folder, more_migrations(Path(folder)) as migrations:
        bench = Bench(migrations, Path(folder))
        for size in SIZES:
            bench.grow(size)
            bench.measure()
        bench.print()


@contextlib.contextmanager
def _own_database() -> Iterator[None]:
    from django.core.management import call_command
    from django.db import connections

    from shared_apps.tenants.invalidation import stop_listening

    _drop_database()
    call_command("database", "prepare", verbosity=0)
    call_command("migrate", verbosity=0)
    try:
        yield
    finally:
        stop_listening()
        connections.close_all()
        _drop_database()


def _drop_database() -> None:
    """Drop the database and the roles of its schemas, also where an earlier run was interrupted."""
    import psycopg2

    from tests.support.databases import superuser

    schemas: list[str] = []
    with contextlib.suppress(psycopg2.OperationalError), superuser(dbname=DATABASE) as cursor:
        cursor.execute("SELECT nspname FROM pg_namespace WHERE nspname ~ '^t_[0-9a-z]{20}$'")
        schemas = [name for (name,) in cursor.fetchall()]
    with superuser() as cursor:
        cursor.execute(f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)")
        for schema in schemas:
            cursor.execute(f"DROP ROLE IF EXISTS {schema}, {schema}_ro")


class Bench:
    """The organisations so far, and what was measured: for each row and size, our median and psql's."""

    def __init__(self, migrations: Any, folder: Path) -> None:
        self.migrations = migrations
        self.script = folder / "script.sql"
        self.size = 0
        self.number = 0
        self.found: dict[tuple[str, int], tuple[float, float | None]] = {}

    def grow(self, size: int) -> None:
        """Have this many organisations."""
        for _ in range(self.size, size):
            self.provision(self.request())
        self.size = size

    def request(self) -> Any:
        """Another organisation in the registry, whose administrator chose a password."""
        from core.actor import SYSTEM
        from core.tenancy import platform_context
        from shared_apps.tenants.services import Owner, tenant_request

        self.number += 1
        owner = Owner(email="ada@example.org", name="Ada", password="a hash")
        with platform_context():
            return tenant_request(slug=f"org-{self.number}", name=f"Org {self.number}", owner=owner, actor=SYSTEM)

    def provision(self, tenant: Any) -> None:
        """Make it usable."""
        from core.tenancy import platform_context
        from shared_apps.tenants.services import tenant_provision

        with platform_context():
            tenant_provision(tenant=tenant)

    def measure(self) -> None:
        """Measure every row at the present size."""
        from shared_apps.tenants.fleet.verification import fleet_verify
        from shared_apps.tenants.fleet.waves import fleet_migrate

        raw = self.raw_replay()
        self.keep("Django migrate", [self.django_migrate() for _ in range(2)], raw)
        self.keep("replay", [self.replay() for _ in range(REPEATS)], raw)
        self.warm_claims()
        self.add_field()
        self.keep("nothing to do", [timed(fleet_migrate) for _ in range(REPEATS)], self.raw_question(LAGGING))
        self.keep("verify", [timed(fleet_verify) for _ in range(REPEATS)], self.raw_fingerprint())

    def keep(self, row: str, ours: list[float], raw: list[float] | None) -> None:
        """Remember the medians."""
        self.found[row, self.size] = (median(ours), median(raw) if raw else None)

    def psql(self, script: str) -> float:
        """Milliseconds that psql takes for a script, from its start to its end."""
        self.script.write_text(script)
        command = [postgres_programs() / "psql", "-X", "-q", "-o", os.devnull, "-v", "ON_ERROR_STOP=1"]
        command += ["-f", self.script, os.environ["DATABASE_OWNER_URL"]]
        return timed(lambda: subprocess.run(command, check=True))

    def raw_replay(self) -> list[float]:
        """The SQL of a new schema, in one transaction by psql."""
        from shared_apps.tenants.fleet.names import new_schema_name
        from shared_apps.tenants.fleet.replay import pack_get
        from shared_apps.tenants.fleet.schemas import schema_drop

        steps, found = "".join(step.script for step in pack_get().steps), []
        for _ in range(REPEATS):
            schema = new_schema_name()
            found.append(self.psql(f"BEGIN;\n{creation(schema)}\nSET LOCAL search_path = {schema};\n{steps}\nCOMMIT;"))
            schema_drop(cell="default", schema=schema)
        return found

    def django_migrate(self) -> float:
        """What a schema costs where Django's migrations run on it."""
        from django.db.migrations.executor import MigrationExecutor

        from core.tenancy.backend.base import owner_context
        from shared_apps.tenants.fleet.names import new_schema_name
        from shared_apps.tenants.fleet.recording import tenant_app_labels
        from shared_apps.tenants.fleet.schemas import schema_create, schema_drop

        schema, labels = new_schema_name(), tenant_app_labels()

        def migrate() -> None:
            with owner_context(cell="default", schema=schema) as connection:
                schema_create(connection, schema)
                executor = MigrationExecutor(connection)
                executor.migrate([key for key in executor.loader.graph.leaf_nodes() if key[0] in labels])

        took = timed(migrate)
        schema_drop(cell="default", schema=schema)
        return took

    def replay(self) -> float:
        """What a schema costs by replay, with its fingerprint compared."""
        from shared_apps.tenants.fleet.names import new_schema_name
        from shared_apps.tenants.fleet.replay import pack_get, schema_build
        from shared_apps.tenants.fleet.schemas import schema_drop

        schema, pack = new_schema_name(), pack_get()
        took = timed(lambda: schema_build(cell="default", schema=schema, pack=pack))
        schema_drop(cell="default", schema=schema)
        return took

    def warm_claims(self) -> None:
        """A whole provisioning that takes a warm schema, and the taking alone; what was made is removed again."""
        from core.tenancy import platform_context
        from shared_apps.tenants.fleet.replay import pack_get
        from shared_apps.tenants.fleet.warm import warm_fill
        from shared_apps.tenants.services.provisioning import _take_schema

        warm_fill(size=2 * REPEATS)
        whole, alone, pack = [], [], pack_get()
        for _ in range(REPEATS):
            tenant = self.request()
            whole.append(timed(lambda tenant=tenant: self.provision(tenant)))
            self.remove(tenant)
            tenant = self.request()
            with platform_context():
                alone.append(timed(lambda tenant=tenant: _take_schema(tenant, pack)))
            self.remove(tenant)
        self.keep("warm claim, whole", whole, None)
        self.keep("warm claim, alone", alone, None)

    def remove(self, tenant: Any) -> None:
        """Delete an organisation for good."""
        from core.actor import SYSTEM
        from core.tenancy import platform_context
        from shared_apps.tenants.services import tenant_archive, tenant_delete, tenant_purge

        with platform_context():
            tenant.refresh_from_db()
            if tenant.state == "active":
                tenant = tenant_archive(tenant=tenant, actor=SYSTEM)
            tenant_purge(tenant=tenant_delete(tenant=tenant, actor=SYSTEM))

    def add_field(self) -> None:
        """One recorded AddField over the fleet, and the same statements to the same schemas by psql."""
        from shared_apps.tenants.fleet.recording import template_record
        from shared_apps.tenants.fleet.replay import pack_get
        from shared_apps.tenants.fleet.waves import fleet_migrate

        ours, raw = [], []
        for number in range(3):
            name = f"note_{self.size}_{number}"
            self.migrations.write(
                f"9{self.size:03}_{number}", f'migrations.AddField("taskrun", {name!r}, models.TextField(default="-"))'
            )
            template_record()
            schemas = lagging_schemas()
            ours.append(timed(fleet_migrate) / len(schemas))
            statements = pack_get().steps[-1].statements.replace(name, "raw_note")
            raw.append(self.psql("".join(in_schema(schema, statements) for schema in schemas)) / len(schemas))
            undo = "ALTER TABLE jobs_taskrun DROP COLUMN raw_note;"
            undo += " DELETE FROM django_migrations WHERE id = (SELECT max(id) FROM django_migrations);"
            self.psql("".join(in_schema(schema, undo) for schema in schemas))
        self.keep("AddField, each", ours, raw)

    def raw_question(self, question: str) -> list[float]:
        """A question by psql."""
        return [self.psql(question) for _ in range(REPEATS)]

    def raw_fingerprint(self) -> list[float]:
        """The fingerprints of all schemas by psql."""
        from django.db import connections

        from shared_apps.tenants.fleet.shape import _FINGERPRINT

        cursor = connections.of_cell("default").connection.cursor()
        return self.raw_question(cursor.mogrify(_FINGERPRINT, [all_schemas()]).decode())

    def print(self) -> None:
        """The table."""
        print(f"{'milliseconds':<20}" + "".join(f"{f'{size} organisations':>26}" for size in SIZES) + "   budget")
        for row, budget in ROWS.items():
            print(f"{row:<20}" + "".join(f"{cell(*self.found[row, size]):>26}" for size in SIZES) + f"   {budget}")
        print("In brackets: how many times what psql takes for the same SQL.")


LAGGING = """
SELECT ordinal, checksum FROM tenants_templatestep ORDER BY ordinal DESC LIMIT 1;
SELECT id, schema_name, cell, template_step FROM tenants_tenant WHERE template_step < 1 ORDER BY created_at, id;
SELECT schema_name, cell, template_step FROM tenants_warmschema WHERE template_step < 1;
SELECT * FROM tenants_fleetrun WHERE state IN ('running', 'paused', 'stopped') LIMIT 1;
"""


def timed(work: Callable[[], Any]) -> float:
    """Milliseconds that work takes."""
    began = perf_counter()
    work()
    return (perf_counter() - began) * 1000


def cell(ours: float, raw: float | None) -> str:
    return f"{ours:.1f}" if raw is None else f"{ours:.1f} ({ours / raw:.2f})"


def in_schema(schema: str, statements: str) -> str:
    return f"BEGIN; SET LOCAL search_path = {schema};\n{statements}\nCOMMIT;\n"


def creation(schema: str) -> str:
    """The statements that make an empty schema with its roles."""
    from django.db import connections
    from psycopg2.sql import Identifier

    from shared_apps.tenants.fleet.schemas import _CREATE

    connection = connections.of_cell("default")
    names = {"schema": schema, "writer": schema, "reader": f"{schema}_ro", "login": connection.settings_dict["USER"]}
    grants = _CREATE.format(**{name: Identifier(value) for name, value in names.items()})
    return f"CREATE ROLE {schema}; CREATE ROLE {schema}_ro;\n{grants.as_string(connection.connection)}"


def lagging_schemas() -> list[str]:
    from core.tenancy import platform_context
    from shared_apps.tenants.fleet.replay import pack_get
    from shared_apps.tenants.fleet.runs import fleet_lagging

    version = pack_get().version
    with platform_context():
        return [item.schema for item in fleet_lagging(version)]


def all_schemas() -> list[str]:
    from core.tenancy import platform_context
    from shared_apps.tenants.models import Tenant, WarmSchema

    with platform_context():
        tenants = Tenant.objects.exclude(schema_name=None).values_list("schema_name", flat=True)
        return [*tenants, *WarmSchema.objects.values_list("schema_name", flat=True)]


if __name__ == "__main__":
    main()
