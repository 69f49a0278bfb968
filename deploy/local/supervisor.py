import contextlib
import itertools
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType, TracebackType
from typing import IO, Any, Self

from deploy.local.errors import LocalRunError, with_log
from deploy.local.processes import ask_to_end, end_group, is_alive

ROOT = Path(__file__).resolve().parents[2]
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
PAUSE = 0.2
FIRST_DELAY = 1.0
LONGEST_DELAY = 30.0
# A program that ran this long was well: its next end counts as the first.
HEALTHY_SECONDS = 60.0


class StopRequested(Exception):
    """Somebody asked the supervisor to stop, by Ctrl-C or a signal."""


@dataclass(frozen=True)
class Program:
    """A child process. `arguments` go to subprocess; `before` runs ahead of every start."""

    name: str
    command: list[str]
    arguments: Mapping[str, Any] = field(default_factory=dict)
    before: Callable[[], None] | None = None
    is_ready: Callable[[], bool] | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    start_seconds: float = 60
    stop_seconds: float = 20


@dataclass
class Child:
    program: Program
    process: subprocess.Popen[bytes]
    started: float
    delay: float = FIRST_DELAY
    due: float | None = None


class Supervisor:
    """Starts programs in order, starts one again when it ends, and stops all in the opposite order.

    Programs that are started by one call start side by side, and stop side by side.

    Use it as a context: leaving it ends every program, and when the supervisor itself is killed, its guardian
    process does. Each program writes to a log of its own in `logs`. `say` tells the person in front of it.
    The guardian holds `keep_open` too, so locks on those files last until every program has ended.
    """

    def __init__(self, logs: Path, say: Callable[[str], None], *, keep_open: Sequence[IO[str]] = ()) -> None:
        self.logs = logs
        self.say = say
        self.keep_open = keep_open
        self._groups: list[list[Child]] = []
        self._stopping = False
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Self:
        self.logs.mkdir(mode=0o700, parents=True, exist_ok=True)
        for number in STOP_SIGNALS:
            self._before[number] = signal.signal(number, self._ask_to_stop)
        self._guardian = subprocess.Popen(
            [sys.executable, "-m", "deploy.local.guardian"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            pass_fds=[file.fileno() for file in self.keep_open],
            start_new_session=True,
            text=True,
        )
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for group in reversed(self._groups):
            for child in group:
                # One that ended by itself is collected, and its number may be somebody else's.
                if child.process.returncode is None:
                    ask_to_end(child.process.pid, child.program.stop_signal)
            for child in group:
                self._end(child)
        self._guardian.communicate()
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def log(self, name: str) -> Path:
        """The log of the program `name`."""
        return self.logs / f"{name}.log"

    def start(self, *programs: Program) -> None:
        """Start `programs` and wait until each is ready; from then on they are kept running.

        Raises LocalRunError, with the end of its log, when one ends or is not ready in time.
        """
        group: list[Child] = []
        self._groups.append(group)
        for program in programs:
            self._new_log(program.name)
            group.append(Child(program, self._spawn(program), time.monotonic()))
        for child in group:
            self._wait_until_ready(child)

    def run(self, program: Program) -> None:
        """Run `program` to its end. Raises LocalRunError, with the end of its log, when it fails."""
        log = self._new_log(program.name)
        child = Child(program, self._spawn(program), time.monotonic())
        self._groups.append([child])
        while is_alive(child.process.pid):
            self._pause()
        self._groups.pop()
        code = self._end(child)
        if code != 0:
            raise LocalRunError(with_log(f"{program.name} failed (exit code {code}).", log))

    def watch(self) -> None:
        """Keep the programs running until somebody asks to stop; then raises StopRequested."""
        while True:
            for child in itertools.chain.from_iterable(self._groups):
                if child.due is None and not is_alive(child.process.pid):
                    self._plan_restart(child)
                elif child.due is not None and time.monotonic() >= child.due:
                    self._restart(child)
            self._pause()

    def _wait_until_ready(self, child: Child) -> None:
        program, log = child.program, self.log(child.program.name)
        deadline = child.started + program.start_seconds
        while program.is_ready is not None and not program.is_ready():
            if not is_alive(child.process.pid):
                raise LocalRunError(with_log(f"{program.name} ended while it started.", log))
            if time.monotonic() > deadline:
                raise LocalRunError(with_log(f"{program.name} was not ready in {program.start_seconds:.0f} s.", log))
            self._pause()

    def _new_log(self, name: str) -> Path:
        log = self.log(name)
        if log.exists():
            log.replace(log.with_suffix(".log.1"))
        return log

    def _spawn(self, program: Program) -> subprocess.Popen[bytes]:
        if program.before is not None:
            program.before()
        with self.log(program.name).open("ab") as log:
            process = subprocess.Popen(
                program.command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                **{"cwd": ROOT, **program.arguments},
            )
        self._tell_guardian(f"+{process.pid} {program.stop_signal.value}")
        return process

    def _plan_restart(self, child: Child) -> None:
        code = self._end(child)
        if time.monotonic() - child.started > HEALTHY_SECONDS:
            child.delay = FIRST_DELAY
        child.due = time.monotonic() + child.delay
        name = child.program.name
        self.say(f"{name} ended ({_reason(code)}), starting it again in {child.delay:.0f} s. Log: {self.log(name)}")
        child.delay = min(child.delay * 2, LONGEST_DELAY)

    def _restart(self, child: Child) -> None:
        child.process = self._spawn(child.program)
        child.started = time.monotonic()
        child.due = None

    def _end(self, child: Child) -> int:
        """Wait for the child, then end what is left of its group; returns its exit code."""
        if child.process.returncode is None:
            end_group(child.process.pid, seconds=child.program.stop_seconds)
            child.process.wait()
            self._tell_guardian(f"-{child.process.pid}")
        return child.process.returncode

    def _tell_guardian(self, line: str) -> None:
        assert self._guardian.stdin is not None
        # Without its guardian the supervisor still does its own work.
        with contextlib.suppress(BrokenPipeError):
            print(line, file=self._guardian.stdin, flush=True)

    def _ask_to_stop(self, number: int, frame: FrameType | None) -> None:
        self._stopping = True

    def _pause(self) -> None:
        if self._stopping:
            raise StopRequested
        time.sleep(PAUSE)


def _reason(code: int) -> str:
    return f"killed by signal {-code}" if code < 0 else f"exit code {code}"
