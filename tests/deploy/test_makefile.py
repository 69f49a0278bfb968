import os
import re
import subprocess
from pathlib import Path

import pytest

from deploy.local.prepare import ROOT

TARGETS = ("help", "demo", "demo-reset", "test", "check", "bench", "screenshots", "shell", "migrations", "lock")


def make(*arguments: str, folder: Path = ROOT, **environment: str) -> subprocess.CompletedProcess[str]:
    # What a surrounding make hands down would change what the inner one does.
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    return subprocess.run(
        ["make", *arguments], cwd=folder, env=inherited | environment, capture_output=True, text=True, check=False
    )


def test_help_is_the_default_and_names_every_target() -> None:
    shown = make()

    assert shown.returncode == 0
    assert tuple(re.findall(r"^  make (\S+)", shown.stdout, re.MULTILINE)) == TARGETS


@pytest.mark.parametrize("target", TARGETS)
def test_every_target_can_be_planned(target: str) -> None:
    planned = make("--dry-run", target)

    assert planned.returncode == 0, planned.stderr


def test_the_tests_run_every_check_first() -> None:
    planned = make("--dry-run", "test").stdout

    steps = ["ruff check", "ruff format --check", "lint-imports", "mypy", "makemigrations --check", "pytest"]
    found = [planned.index(step) for step in steps]
    assert found == sorted(found)


def test_the_entry_for_automation_runs_the_tests() -> None:
    script = ROOT / ".ci" / "run"

    assert os.access(script, os.X_OK)
    assert "make test" in script.read_text()


def test_an_old_python_is_named_plainly(tmp_path: Path) -> None:
    old = tmp_path / "python3.10"
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)
    command = ["sh", str(ROOT / "deploy/local/environment.sh"), str(tmp_path / "venv"), "requirements-dev.txt"]

    done = subprocess.run(command, env={**os.environ, "PYTHON": str(old)}, capture_output=True, text=True, check=False)

    assert done.returncode != 0
    assert "Livery needs Python 3.11 or newer" in done.stderr
    assert not (tmp_path / "venv").exists()


def test_an_environment_that_was_moved_is_installed_again(tmp_path: Path) -> None:
    (tmp_path / "Makefile").write_text((ROOT / "Makefile").read_text())
    (tmp_path / "requirements-dev.txt").touch()
    programs = tmp_path / ".venv" / "bin"
    programs.mkdir(parents=True)
    (programs / "python").symlink_to("/bin/true")
    stamp = tmp_path / ".venv" / ".installed"

    stamp.write_text(str(tmp_path))
    assert "environment.sh" not in make("--dry-run", "shell", folder=tmp_path).stdout
    stamp.write_text("/another/place")
    assert "environment.sh" in make("--dry-run", "shell", folder=tmp_path).stdout
    stamp.write_text(str(tmp_path))
    (programs / "python").unlink()
    assert "environment.sh" in make("--dry-run", "shell", folder=tmp_path).stdout


def test_a_new_environment_is_not_made_with_the_python_of_the_old_one(tmp_path: Path) -> None:
    programs = tmp_path / ".venv" / "bin"
    programs.mkdir(parents=True)
    for path in (programs / "python3", programs / "python"):
        path.write_text("#!/bin/sh\necho old; exit 1\n")
        path.chmod(0o755)
    elsewhere = tmp_path / "bin"
    elsewhere.mkdir()
    for name, code in (("python3", 'echo "$@" >> asked; test "$2" != venv'), ("apt-get", "exit 1")):
        (elsewhere / name).write_text(f"#!/bin/sh\n{code}\n")
        (elsewhere / name).chmod(0o755)
    search_path = f"{programs}:{elsewhere}:/usr/bin:/bin"

    subprocess.run(
        ["sh", str(ROOT / "deploy/local/environment.sh"), ".venv", "requirements-dev.txt"],
        cwd=tmp_path,
        env={"PATH": search_path},
        capture_output=True,
        check=False,
    )

    assert "-m venv --clear .venv" in (tmp_path / "asked").read_text()
