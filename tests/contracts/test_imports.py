"""The import contracts hold, and each of them breaks when its fault is planted in a copy of the tree's skeleton."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("platform/config", "platform/core", "shared_apps", "tenant_apps", "deploy")


def _lint(folder: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(folder), str(folder / "platform")])}
    return subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.fixture(scope="module")
def skeleton(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every module of the tree, empty: what the contracts look at is who imports whom."""
    folder = tmp_path_factory.mktemp("tree")
    for package in PACKAGES:
        for module in (ROOT / package).rglob("*.py"):
            copy = folder / module.relative_to(ROOT)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.touch()
    shutil.copy(ROOT / "deploy/lint/doors.py", folder / "deploy/lint/doors.py")
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder


def test_the_tree_keeps_every_contract():
    linted = _lint(ROOT)
    assert linted.returncode == 0, linted.stdout


def test_a_tree_without_faults_keeps_every_contract(skeleton: Path):
    linted = _lint(skeleton)
    assert linted.returncode == 0, linted.stdout + linted.stderr


@pytest.mark.parametrize(
    ("module", "fault", "contract"),
    [
        ("platform/core/planted.py", "import shared_apps.users.selectors", "A floor imports"),
        ("shared_apps/users/planted.py", "import tenant_apps.jobs.services", "A floor imports"),
        ("tenant_apps/jobs/planted.py", "import config.celery", "A floor imports"),
        ("tenant_apps/events/planted.py", "import tenant_apps.jobs.services", "A room imports only"),
        ("tenant_apps/unplaced/__init__.py", "", "A room imports only"),
        ("tenant_apps/accounting/__init__.py", "import tenant_apps.invoicing", "A room imports only"),
        ("shared_apps/trail/planted.py", "import shared_apps.users.services", "A shared app imports only"),
        ("shared_apps/unplaced/__init__.py", "", "A shared app imports only"),
        ("shared_apps/users/services/planted.py", "import shared_apps.users.views", "Inside a room"),
        ("tenant_apps/jobs/models.py", "import tenant_apps.jobs.selectors", "Inside a room"),
        ("tenant_apps/jobs/filters.py", "import tenant_apps.jobs.views", "Inside a room"),
        ("tenant_apps/jobs/planted.py", "import shared_apps.users.models", "A room is entered"),
        ("shared_apps/console/planted.py", "import shared_apps.tenants.fleet.replay", "A room is entered"),
        ("tenant_apps/jobs/planted.py", "import stripe", "Vendors' software"),
        ("shared_apps/users/planted.py", "import web3", "Vendors' software"),
        ("tenant_apps/jobs/planted.py", "from django_tenants.utils import schema_context", "What holds tenants apart"),
        ("platform/core/web/planted.py", "import psycopg2", "What holds tenants apart"),
        ("shared_apps/users/planted.py", "from redis import Redis", "Redis is asked past the caches"),
    ],
)
def test_a_planted_fault_breaks_its_contract(skeleton: Path, module: str, fault: str, contract: str):
    planted = skeleton / module
    was_there = planted.exists()
    planted.parent.mkdir(exist_ok=True)
    if "invoicing" in fault:
        (skeleton / "tenant_apps/invoicing").mkdir()
        (skeleton / "tenant_apps/invoicing/__init__.py").touch()
    planted.write_text(fault + "\n")
    try:
        linted = _lint(skeleton)
    finally:
        planted.write_text("") if was_there else planted.unlink()
        for folder in ("unplaced", "accounting", "invoicing"):
            for floor in ("tenant_apps", "shared_apps"):
                shutil.rmtree(skeleton / floor / folder, ignore_errors=True)
    assert linted.returncode == 1, linted.stdout
    broken = [line for line in " ".join(linted.stdout.split()).split(" KEPT") if "BROKEN" in line]
    assert any(contract in line for line in broken), linted.stdout


def test_a_gateway_may_call_its_vendor(skeleton: Path):
    gateway = skeleton / "tenant_apps/jobs/gateways/stripe.py"
    gateway.parent.mkdir()
    (gateway.parent / "__init__.py").touch()
    gateway.write_text("import stripe\n")
    try:
        linted = _lint(skeleton)
    finally:
        shutil.rmtree(gateway.parent)
    assert linted.returncode == 0, linted.stdout
