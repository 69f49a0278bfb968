import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from deploy.local.errors import LocalRunError

ROOT = Path(__file__).resolve().parents[2]
# platform/ is a source root beside the checkout itself.
PYTHON_PATH = os.pathsep.join([str(ROOT), str(ROOT / "platform")])


def child_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """Our own environment with `environment` in it, and the source roots on the path."""
    return {**os.environ, "PYTHONPATH": PYTHON_PATH, **environment}


def manage(*arguments: str) -> list[str]:
    """The command line of a management command."""
    return [sys.executable, str(ROOT / "manage.py"), *arguments]


def prepare_database(environment: Mapping[str, str]) -> None:
    """Make the roles and the database that `environment` names, where they are missing.

    It holds DATABASE_ADMIN_URL, DATABASE_OWNER_URL and DATABASE_URL. Raises LocalRunError when the command fails.
    """
    done = subprocess.run(
        manage("database", "prepare"),
        cwd=ROOT,
        env=child_environment(environment),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise LocalRunError(f"The database could not be prepared:\n{done.stdout}{done.stderr}".rstrip())
