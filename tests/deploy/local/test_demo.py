import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from deploy.local import demo
from deploy.local.errors import LocalRunError
from deploy.local.ports import is_free, reserve_port
from deploy.local.prepare import ROOT
from deploy.local.services import SharedServices

HOLD = """
import sys, time
from pathlib import Path
from deploy.local.demo import only_run
with only_run(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(600)
"""


@pytest.mark.parametrize(("family", "address"), [(socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")])
def test_a_port_that_somebody_listens_on_is_passed_over(family: socket.AddressFamily, address: str) -> None:
    try:
        taken = socket.create_server((address, 0), family=family)
    except OSError:
        pytest.skip(f"this machine has no {address}")
    with taken:
        port = taken.getsockname()[1]

        assert not is_free(port)
        chosen, lock = reserve_port([port])
        lock.close()

    assert chosen != port


def test_two_copies_that_start_at_once_choose_different_ports() -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]

    first, first_lock = reserve_port([port])
    second, second_lock = reserve_port([port])
    first_lock.close()
    third, third_lock = reserve_port([port])
    second_lock.close()
    third_lock.close()

    assert first == port
    assert second != port
    assert third == port


def test_a_second_run_in_the_same_folder_is_refused_and_names_the_first(tmp_path: Path) -> None:
    command = [sys.executable, "-c", HOLD, str(tmp_path)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"

        with pytest.raises(LocalRunError, match=f"process {other.pid}"), demo.only_run(tmp_path):
            pytest.fail("two runs in one folder")

        other.kill()
        other.wait()
        with demo.only_run(tmp_path):
            assert (tmp_path / "demo.lock").read_text() == str(os.getpid())


def test_a_run_waits_for_the_programs_of_a_killed_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    # The guardian of a killed run holds the lock while it ends the programs; its own number is nowhere.
    code = "import fcntl, sys, time; file = open(sys.argv[1], 'a'); fcntl.flock(file, fcntl.LOCK_EX); "
    code += "print('held', flush=True); time.sleep(1)"
    (tmp_path / "demo.lock").write_text("999999999")
    command = [sys.executable, "-c", code, str(tmp_path / "demo.lock")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as guardian:
        assert guardian.stdout is not None
        assert guardian.stdout.readline() == "held\n"

        with demo.only_run(tmp_path):
            assert guardian.wait(timeout=10) == 0

    assert "Waiting for the programs of the last run" in capsys.readouterr().out


def test_reset_deletes_what_the_demo_made_and_nothing_else(tmp_path: Path) -> None:
    made = [
        "demo.json",
        "people.json",
        "secrets.json",
        "mail/letter",
        "files/upload",
        "logs/web.log",
        "redis/data/file",
    ]
    for name in [*made, "test/kept"]:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")

    assert subprocess.run(_demo(tmp_path, "--reset"), cwd=ROOT, capture_output=True, check=True).stderr == b""

    assert [name for name in made if (tmp_path / name).exists()] == []
    assert (tmp_path / "test/kept").exists()


def test_half_a_database_setting_is_refused_in_plain_words(tmp_path: Path) -> None:
    environment = {**os.environ, "DATABASE_URL": "postgres://nobody@127.0.0.1:9/none"}
    environment.pop("DATABASE_OWNER_URL", None)

    done = subprocess.run(_demo(tmp_path), cwd=ROOT, env=environment, capture_output=True, text=True, check=False)

    assert done.returncode == 1
    assert "DATABASE_OWNER_URL must be set as well" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "demo.json").exists()


def test_ctrl_c_while_it_starts_leaves_nothing_running_and_nothing_announced(folder: Path) -> None:
    (folder / "demo.json").write_text("of the last run")
    with subprocess.Popen(
        _demo(folder), cwd=ROOT, env=_without_servers(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "Starting PostgreSQL …\n"
        process.send_signal(signal.SIGINT)
        rest = process.stdout.read()

    assert process.returncode == 0
    assert "Stopped." in rest
    assert not (folder / "demo.json").exists()
    postgres = SharedServices(folder).postgres
    assert not postgres.is_running()
    postgres.remove()


def _demo(data: Path, *arguments: str) -> list[str]:
    return [sys.executable, "-m", "deploy.local.demo", "--data", str(data), *arguments]


def _without_servers() -> dict[str, str]:
    """Our environment without the servers of the tests, so that the demo starts its own."""
    return {
        name: value for name, value in os.environ.items() if not name.startswith(("DATABASE_", "REDIS_", "DJANGO_"))
    }
