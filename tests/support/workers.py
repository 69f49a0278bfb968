import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil

ROOT = Path(__file__).resolve().parents[2]


class Workers:
    """Worker processes of the tests' Celery application, as an installation runs them."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self.folder, self.environment = folder, environment
        self.running: list[subprocess.Popen[bytes]] = []
        self._started = 0

    def ensure(self, number: int) -> None:
        """Have so many workers run."""
        self.running = [process for process in self.running if process.poll() is None]
        while len(self.running) < number:
            self._start()

    def kill(self, pid: int) -> None:
        """Kill one as the kernel does when memory runs out, without a last word."""
        children = psutil.Process(pid).children()
        os.kill(pid, 9)
        _, alive = psutil.wait_procs(children, timeout=5)
        assert not alive, "a pool process outlived its worker"

    def stop(self) -> None:
        for process in self.running:
            process.terminate()
        for process in self.running:
            process.wait(timeout=30)

    def log(self) -> str:
        """What all of them wrote."""
        return "\n".join(path.read_text() for path in sorted(self.folder.glob("worker-*.log")))

    def _start(self) -> None:
        self._started += 1
        command = [sys.executable, "-m", "celery", "-A", "tests.support.worker", "worker", "--concurrency", "2"]
        command += ["--hostname", f"worker-{self._started}@%h", "--without-gossip", "--without-mingle"]
        with (self.folder / f"worker-{self._started}.log").open("wb") as log:
            process = subprocess.Popen(
                command,
                cwd=ROOT,
                env={**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'platform'}", **self.environment},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        self.running.append(process)


def eventually(
    condition: Callable[[], Any], *, seconds: float = 40, meanwhile: Callable[[], object] | None = None
) -> Any:
    """The condition's first true answer; fails when there is none in this time."""
    ends = time.monotonic() + seconds
    while not (answer := condition()):
        assert time.monotonic() < ends, "it did not happen in time"
        if meanwhile is not None:
            meanwhile()
        time.sleep(0.1)
    return answer
