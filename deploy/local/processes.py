import contextlib
import fcntl
import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil

# A process that is looked at may end meanwhile, or belong to another account.
GONE = (psutil.NoSuchProcess, psutil.AccessDenied)


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock file `path` alone; waits for the process that holds it."""
    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def is_alive(pid: int) -> bool:
    """Whether process `pid` runs; one that ended and still waits to be collected by its parent does not."""
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except GONE:
        return False


def processes_in(folder: Path, name: str) -> list[psutil.Process]:
    """Running processes called `name` whose working folder is `folder`."""
    found = []
    for process in psutil.process_iter(["name"]):
        if process.info["name"] == name:
            with contextlib.suppress(*GONE):
                if process.cwd() == str(folder):
                    found.append(process)
    return found


def send(process: psutil.Process, number: signal.Signals) -> None:
    """Send a signal to a process that may have ended meanwhile."""
    with contextlib.suppress(*GONE):
        process.send_signal(number)


def ask_to_end(pid: int, stop_signal: signal.Signals) -> None:
    """Send process `pid` the signal on which it ends in order."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, stop_signal)


def end_group(pid: int, *, seconds: float) -> None:
    """Wait until process `pid` has ended, `seconds` at most; then kill what is left of the group that it leads."""
    wait_for(lambda: not is_alive(pid), seconds=seconds)
    # macOS answers PermissionError when only an ended process is left.
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)


def wait_for(ready: Callable[[], bool], *, seconds: float, every: float = 0.05) -> bool:
    """Ask `ready` until it says yes; False when it did not within `seconds`."""
    deadline = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > deadline:
            return False
        time.sleep(every)
    return True
