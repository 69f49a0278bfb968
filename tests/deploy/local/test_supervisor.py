import os
import signal
import subprocess
import sys
import textwrap
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from deploy.local.errors import LocalRunError
from deploy.local.prepare import ROOT
from deploy.local.processes import is_alive, wait_for
from deploy.local.supervisor import Program, StopRequested, Supervisor

# Writes its number and that of a child that ignores SIGTERM, then waits.
PARENT = """
import os, signal, subprocess, sys, time
deaf = "import signal, time; signal.signal(15, signal.SIG_IGN); time.sleep(600)"
child = subprocess.Popen([sys.executable, "-c", deaf])
with open(sys.argv[1], "a") as file:
    print(os.getpid(), child.pid, file=file)
time.sleep(600)
"""


def python(code: str, *arguments: object) -> list[str]:
    return [sys.executable, "-c", textwrap.dedent(code), *map(str, arguments)]


def numbers(path: Path) -> list[list[int]]:
    """The lines that the starts of PARENT wrote."""
    return [[int(word) for word in line.split()] for line in path.read_text().splitlines()] if path.exists() else []


def is_up(log: Path) -> Callable[[], bool]:
    return lambda: "up" in log.read_text()


def has_ended(pid: int) -> Callable[[], bool]:
    return lambda: not is_alive(pid)


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def supervisor(tmp_path: Path, said: list[str]) -> Iterator[Supervisor]:
    with Supervisor(tmp_path / "logs", said.append) as supervisor:
        yield supervisor


@pytest.fixture
def later() -> Iterator[Callable[[Callable[[], object]], None]]:
    threads: list[threading.Thread] = []

    def start(work: Callable[[], object]) -> None:
        threads.append(threading.Thread(target=work))
        threads[-1].start()

    yield start
    for thread in threads:
        thread.join()


def test_a_program_that_dies_is_started_again_and_what_it_left_is_ended(
    supervisor: Supervisor, said: list[str], tmp_path: Path, later: Callable[[Callable[[], object]], None]
) -> None:
    starts = tmp_path / "starts"
    supervisor.start(Program("worker", python(PARENT, starts), is_ready=lambda: len(numbers(starts)) == 1))
    first, orphan = numbers(starts)[0]

    def kill_and_wait() -> None:
        os.kill(first, signal.SIGKILL)
        wait_for(lambda: len(numbers(starts)) == 2, seconds=20)
        os.kill(os.getpid(), signal.SIGTERM)

    later(kill_and_wait)
    with pytest.raises(StopRequested):
        supervisor.watch()

    assert len(numbers(starts)) == 2
    assert not is_alive(orphan)
    assert said == [
        f"worker ended (killed by signal 9), starting it again in 1 s. Log: {tmp_path / 'logs' / 'worker.log'}"
    ]


def test_a_program_that_keeps_dying_is_started_at_growing_distances(
    supervisor: Supervisor, said: list[str], tmp_path: Path, later: Callable[[Callable[[], object]], None]
) -> None:
    supervisor.start(Program("worker", python("import sys; sys.exit(3)")))

    def wait_and_stop() -> None:
        wait_for(lambda: len(said) == 3, seconds=20)
        os.kill(os.getpid(), signal.SIGTERM)

    later(wait_and_stop)
    with pytest.raises(StopRequested):
        supervisor.watch()

    assert [line.partition(". Log")[0] for line in said[:3]] == [
        "worker ended (exit code 3), starting it again in 1 s",
        "worker ended (exit code 3), starting it again in 2 s",
        "worker ended (exit code 3), starting it again in 4 s",
    ]


def test_leaving_ends_every_program_and_its_children_last_started_first(tmp_path: Path) -> None:
    order = tmp_path / "order"
    code = """
    import signal, sys, time
    def leave(*args):
        with open(sys.argv[1], "a") as file: print(sys.argv[2], file=file)
        sys.exit()
    signal.signal(signal.SIGTERM, leave)
    print("up", flush=True)
    time.sleep(600)
    """
    starts = tmp_path / "starts"
    with Supervisor(tmp_path / "logs", print) as supervisor:
        for name in ("database", "web"):
            log = supervisor.log(name)
            supervisor.start(Program(name, python(code, order, name), is_ready=is_up(log)))
        supervisor.start(Program("worker", python(PARENT, starts), is_ready=lambda: bool(numbers(starts))))

    assert order.read_text().split() == ["web", "database"]
    assert not any(is_alive(pid) for pid in numbers(starts)[0])


def test_a_program_that_ignores_the_request_to_stop_is_killed(tmp_path: Path) -> None:
    code = "import signal, time; signal.signal(15, signal.SIG_IGN); print('up', flush=True); time.sleep(600)"
    with Supervisor(tmp_path / "logs", print) as supervisor:
        log = supervisor.log("stubborn")
        supervisor.start(Program("stubborn", python(code), is_ready=is_up(log), stop_seconds=0.5))
        pid = supervisor._groups[0][0].process.pid

    assert not is_alive(pid)


def test_nothing_is_left_when_the_supervisor_itself_is_killed(tmp_path: Path) -> None:
    starts = tmp_path / "starts"
    code = """
    import sys, time
    from pathlib import Path
    from deploy.local.supervisor import Program, Supervisor
    with Supervisor(Path(sys.argv[1]), print) as supervisor:
        supervisor.start(Program("worker", [sys.executable, "-c", sys.argv[2], sys.argv[3]]))
        supervisor.watch()
    """
    with subprocess.Popen(python(code, tmp_path, PARENT, starts), cwd=ROOT) as process:
        assert wait_for(lambda: bool(numbers(starts)), seconds=20)

        process.send_signal(signal.SIGKILL)

    assert wait_for(lambda: not any(is_alive(pid) for pid in numbers(starts)[0]), seconds=20)


def test_a_step_that_fails_names_its_log_and_shows_its_end(supervisor: Supervisor) -> None:
    with pytest.raises(LocalRunError, match="migrate failed") as refused:
        supervisor.run(Program("migrate", python("import sys; print('no such table'); sys.exit(1)")))

    assert "exit code 1" in str(refused.value)
    assert "no such table" in str(refused.value)
    assert str(supervisor.log("migrate")) in str(refused.value)


def test_a_program_that_ends_or_stalls_while_it_starts_is_reported(supervisor: Supervisor) -> None:
    with pytest.raises(LocalRunError, match=r"(?s)web ended while it started.*boom"):
        supervisor.start(Program("web", python("raise SystemExit('boom')"), is_ready=lambda: False))
    with pytest.raises(LocalRunError, match="slow was not ready in 0 s"):
        supervisor.start(
            Program("slow", python("import time; time.sleep(600)"), is_ready=lambda: False, start_seconds=0.2)
        )


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_stops_a_step_that_is_under_way(
    number: signal.Signals, tmp_path: Path, later: Callable[[Callable[[], object]], None]
) -> None:
    starts = tmp_path / "starts"
    before = signal.getsignal(number)

    def wait_and_stop() -> None:
        wait_for(lambda: bool(numbers(starts)), seconds=20)
        os.kill(os.getpid(), number)

    with pytest.raises(StopRequested), Supervisor(tmp_path / "logs", print) as supervisor:
        later(wait_and_stop)
        supervisor.run(Program("migrate", python(PARENT, starts)))

    assert not any(is_alive(pid) for pid in numbers(starts)[0])
    assert signal.getsignal(number) is before


def test_the_log_of_the_last_run_is_kept(tmp_path: Path) -> None:
    for text in ("first", "second"):
        with Supervisor(tmp_path, print) as supervisor:
            supervisor.start(Program("web", python(f"print({text!r})")))
            pid = supervisor._groups[0][0].process.pid
            wait_for(has_ended(pid), seconds=20)

    assert (tmp_path / "web.log").read_text() == "second\n"
    assert (tmp_path / "web.log.1").read_text() == "first\n"
