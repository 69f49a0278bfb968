import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from deploy.local import run
from deploy.local.errors import LocalRunError
from deploy.local.prepare import ROOT, prepare_database
from deploy.local.services import SharedServices

PRINT = "import os, sys; print(os.environ[sys.argv[1]])"


@pytest.fixture
def no_servers(monkeypatch: pytest.MonkeyPatch) -> None:
    """An environment that names no servers, as a person's usually does not."""
    for name in [*os.environ]:
        if name.startswith(("DATABASE_", "REDIS_", "DJANGO_", "SECRET_")):
            monkeypatch.delenv(name)


def test_a_script_gets_servers_that_are_prepared_and_then_stopped(
    no_servers: None, folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    code = "import os, psycopg2; print(psycopg2.connect(os.environ['DATABASE_URL']).info.user); raise SystemExit(7)"

    assert run.run(folder, ["-c", code]) == 7

    assert capfd.readouterr().out == "livery_app\n"
    services = SharedServices(folder)
    assert not services.postgres.is_running()
    assert not services.redis.is_running()
    services.postgres.remove()


def test_ctrl_c_is_left_to_the_script(no_servers: None, folder: Path) -> None:
    """A shell goes on after Ctrl-C, which reaches every process of the terminal."""
    script = folder / "script.py"
    script.write_text(
        "import time\n"
        "try:\n"
        "    print('up', flush=True)\n"
        "    time.sleep(60)\n"
        "except KeyboardInterrupt:\n"
        "    print('goes on', flush=True)\n"
    )
    command = [sys.executable, "-m", "deploy.local.run", "--data", str(folder), str(script)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, process_group=0) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "up\n"

        os.killpg(process.pid, signal.SIGINT)

        assert process.stdout.read() == "goes on\n"
    assert process.returncode == 0
    services = SharedServices(folder)
    assert not services.postgres.is_running()
    services.postgres.remove()


def test_servers_that_the_environment_names_are_used_and_none_is_started(
    no_servers: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgres://mine@127.0.0.1:9/mine")
    monkeypatch.setenv("REDIS_URL", "redis://127.0.0.1:9/0")
    monkeypatch.setenv("SECRET_KEY", "my own")

    assert run.run(tmp_path, ["-c", PRINT, "DATABASE_URL"]) == 0
    assert run.run(tmp_path, ["-c", PRINT, "SECRET_KEY"]) == 0
    assert run.run(tmp_path, ["-c", PRINT, "ENCRYPTION_KEYS"]) == 0

    lines = capfd.readouterr().out.splitlines()
    assert lines[:2] == ["postgres://mine@127.0.0.1:9/mine", "my own"]
    assert lines[2].startswith("k1:")
    assert not (tmp_path / "postgres").exists()


def test_a_database_that_cannot_be_prepared_is_said_with_the_reason(no_servers: None) -> None:
    with pytest.raises(LocalRunError, match="could not be prepared"):
        prepare_database(
            {
                "DATABASE_URL": "postgres://livery_app:x@127.0.0.1:9/test_none",
                "DATABASE_OWNER_URL": "postgres://livery_owner:x@127.0.0.1:9/test_none",
                "DATABASE_ADMIN_URL": "postgres://postgres:x@127.0.0.1:9/postgres",
            }
        )
