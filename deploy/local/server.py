import abc
import contextlib
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import psutil

from deploy.local.errors import LocalRunError, with_log
from deploy.local.passwords import Passwords
from deploy.local.processes import locked, processes_in, send, wait_for

START_SECONDS = 60
STOP_SECONDS = 60
KILL_SECONDS = 20


class Server(abc.ABC):
    """One embedded server with its data, passwords and log in `folder`.

    Processes of this machine that use the same `folder` share one server.
    """

    title: ClassVar[str]
    process_name: ClassVar[str]
    stop_signal: ClassVar[signal.Signals]
    start_tries: ClassVar[int] = 1
    data: Path

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()
        self.folder.mkdir(parents=True, exist_ok=True)
        self.log = self.folder / "server.log"
        self.passwords = Passwords(self.folder / "passwords.json")
        self._started: subprocess.Popen[bytes] | None = None

    @property
    @abc.abstractmethod
    def admin_url(self) -> str:
        """The URL of the server's superuser."""

    @abc.abstractmethod
    def command(self) -> list[str]:
        """The command line of the server, which stays in the foreground and stops on `stop_signal`."""

    @abc.abstractmethod
    def child_arguments(self) -> dict[str, Any]:
        """The arguments of subprocess that `command` needs: account, working folder, environment."""

    @abc.abstractmethod
    def is_ready(self) -> bool:
        """Whether the server answers, and is the one of this folder."""

    @abc.abstractmethod
    def _prepare(self) -> None: ...

    def start(self) -> str:
        """Start the server, or use the one that runs already, and wait until it answers; returns `admin_url`.

        Raises LocalRunError with the end of the log when it does not come up.
        """
        with self._alone():
            if self._ended():
                self._started = None
            if self._main() is not None and self._wait_until_ready():
                return self.admin_url
            for _ in range(self.start_tries):
                self._kill()
                self._prepare()
                with self.log.open("ab") as log:
                    self._started = subprocess.Popen(
                        self.command(), stdout=log, stderr=log, start_new_session=True, **self.child_arguments()
                    )
                if self._wait_until_ready():
                    return self.admin_url
        raise LocalRunError(with_log(f"{self.title} did not start.", self.log))

    def prepare(self) -> None:
        """Make everything ready for somebody else to run `command`; stops a server that runs already."""
        self.stop()
        with self._alone():
            self._prepare()

    def is_running(self) -> bool:
        """Whether any process of the server is left."""
        return bool(self._processes())

    def stop(self) -> None:
        """Stop the server if it runs; what was committed is kept."""
        with self._alone():
            main = self._main()
            if main is not None:
                send(main, self.stop_signal)
                wait_for(self._is_gone, seconds=STOP_SECONDS)
            self._kill()

    def kill(self) -> None:
        """kill -9 every process of the server, as a crash would."""
        with self._alone():
            self._kill()

    def restart(self) -> str:
        """Stop and start again; returns `admin_url`."""
        self.stop()
        return self.start()

    def remove(self) -> None:
        """Stop the server and delete its folder."""
        self.stop()
        shutil.rmtree(self.folder)

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        with locked(self.folder / "lock"):
            yield

    def _processes(self) -> list[psutil.Process]:
        return processes_in(self.data, self.process_name)

    def _main(self) -> psutil.Process | None:
        return next(iter(self._processes()), None)

    def _ended(self) -> bool:
        return self._started is not None and self._started.poll() is not None

    def _wait_until_ready(self) -> bool:
        return wait_for(lambda: self._ended() or self.is_ready(), seconds=START_SECONDS) and not self._ended()

    def _is_gone(self) -> bool:
        # Collects the child that ended, so that its number is free again.
        self._ended()
        return not self._processes()

    def _kill(self) -> None:
        def nothing_left() -> bool:
            for process in self._processes():
                send(process, signal.SIGKILL)
            return self._is_gone()

        if not wait_for(nothing_left, seconds=KILL_SECONDS, every=0.02):
            raise LocalRunError(f"{self.title} in {self.data} does not end.")
        self._started = None
