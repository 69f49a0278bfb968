import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connections

from core.actor import SYSTEM
from core.tenancy import platform_context
from core.tenancy.backend.base import owner_context
from shared_apps.tenants.fleet.replay import Pack, pack_get
from shared_apps.tenants.fleet.shape import shape
from shared_apps.tenants.models import Tenant
from shared_apps.tenants.services import Owner, provisioning, tenant_provision, tenant_request
from tests.support.databases import copied_database
from tests.support.messages import Message, waiting
from tests.support.migrations import APP, MODULE, MoreMigrations, more_migrations
from tests.support.twins import Twins

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def fleet(twins: Twins, django_db_blocker: Any) -> Iterator[Twins]:
    """The twins in a database of the test's own, where the template may be recorded further."""
    with django_db_blocker.unblock(), copied_database("fleet"):
        yield twins
        connections.close_all()


@pytest.fixture
def migrations(tmp_path: Path) -> Iterator[MoreMigrations]:
    """Further migrations of the tenants' tables."""
    with more_migrations(tmp_path) as written:
        yield written


@pytest.fixture
def victim(tmp_path: Path) -> Iterator[Callable[..., str]]:
    """Runs a management command in another process that kills itself at a moment; says how it ended."""
    process = _start_victims(tmp_path)

    def order(*arguments: str, moment: int = 0) -> str:
        process.stdin.write(json.dumps([moment, *arguments]) + "\n")
        process.stdin.flush()
        return process.stdout.readline().strip()

    yield order
    process.stdin.close()
    process.wait()


@pytest.fixture
def kill_through(victim: Callable[..., str]) -> Callable[..., list[Any]]:
    """Runs one command again and again, and kills each run right after the first commit that changes what `look` sees.

    Returns what it saw after each killed run. The run that ends by itself must find everything done.
    """

    def run(*command: str, look: Callable[[], Any]) -> list[Any]:
        seen = [look()]
        while True:
            outcome = "killed"
            for moment in range(1, 200):
                outcome = victim(*command, moment=moment)
                if outcome != "killed" or look() != seen[-1]:
                    break
            if outcome != "killed":
                assert look() == seen[-1]
                return seen[1:]
            seen.append(look())

    return run


def _start_victims(folder: Path) -> Any:
    values = settings.DATABASES["default"]
    paths = [str(ROOT), str(ROOT / "platform"), str(folder)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths), "PYTHONDONTWRITEBYTECODE": "1"}
    if (folder / MODULE).exists():
        environment["VICTIMS_MIGRATIONS"] = json.dumps({APP: MODULE})
    for name in ("DATABASE_URL", "DATABASE_OWNER_URL"):
        head, _, query = os.environ[name].partition("?")
        environment[name] = f"{head.rpartition('/')[0]}/{values['NAME']}?{query}"
    return subprocess.Popen(
        [sys.executable, "-m", "tests.support.victims"],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


@pytest.fixture
def requested() -> Callable[..., Tenant]:
    """Another organisation in the registry, not provisioned yet."""

    def make(slug: str, **values: Any) -> Tenant:
        owner = values.pop("owner", Owner(email=f"owner@{slug}.example", name="Olga"))
        with platform_context():
            return tenant_request(slug=slug, name=slug.title(), owner=owner, actor=SYSTEM, **values)

    return make


@pytest.fixture
def provisioned(requested: Callable[..., Tenant]) -> Callable[..., Tenant]:
    """Another organisation, ready to use."""

    def make(slug: str, **values: Any) -> Tenant:
        with platform_context():
            return tenant_provision(tenant=requested(slug, **values))

    return make


@pytest.fixture
def lagging_one(requested: Callable[..., Tenant]) -> Callable[..., Tenant]:
    """Another organisation, made before the template had its last step."""

    def make(slug: str, **values: Any) -> Tenant:
        older = Pack(pack_get().steps[:-1], "")
        tenant = requested(slug, **values)
        with platform_context():
            return provisioning._build(provisioning._take_schema(tenant, older), older)

    return make


@pytest.fixture
def shape_of() -> Callable[[str], str]:
    """The fingerprint of a schema."""

    def find(schema: str) -> str:
        with owner_context(cell="default", schema=schema) as connection, connection.cursor() as cursor:
            return shape(cursor, schema)

    return find


@pytest.fixture
def queued() -> Callable[[], list[Message]]:
    """The tasks that were queued since it was asked last."""
    waiting()
    return waiting
