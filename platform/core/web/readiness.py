import threading
import time
from collections.abc import Callable
from concurrent.futures import Future

import structlog
from django.db import connections

logger = structlog.get_logger("livery.readiness")
Function = Callable[[], None]


class Check:
    """One thing the process needs, asked in a thread of its own so that a hanging answer cannot hold the probe."""

    def __init__(self, name: str, function: Function, seconds: float) -> None:
        self.name, self.function, self.seconds = name, function, seconds
        self._lock = threading.Lock()
        self._running: Future[None] | None = None

    def start(self) -> Future[None]:
        """Ask, or join the asking that is under way: a check has one thread at most, however often it is probed."""
        with self._lock:
            if self._running is None or self._running.done():
                self._running = Future()
                threading.Thread(target=self._ask, args=(self._running,), name=self.name, daemon=True).start()
            return self._running

    def _ask(self, answer: Future[None]) -> None:
        try:
            self.function()
        except Exception as error:  # noqa: BLE001  whatever it is, the process is not ready
            answer.set_exception(error)
        else:
            answer.set_result(None)
        finally:
            connections.close_all()


_checks: dict[str, Check] = {}


def readiness(name: str, *, seconds: float = 2.0) -> Callable[[Function], Function]:
    """Register a function that raises when the process cannot serve; after `seconds` without an answer it has failed.

    The name is shown to whoever asks /readyz, the exception only to the log.
    """

    def register(function: Function) -> Function:
        if name in _checks:
            raise ValueError(f"The readiness check {name} is registered twice.")
        _checks[name] = Check(name, function, seconds)
        return function

    return register


def check_names() -> list[str]:
    """All registered checks, in order."""
    return sorted(_checks)


def failed_checks() -> list[str]:
    """Run all checks side by side; the names of those that failed or did not answer in time, in order."""
    began = time.monotonic()
    asked = [(check, check.start()) for check in sorted(_checks.values(), key=lambda check: check.name)]
    failed = []
    for check, answer in asked:
        try:
            error = answer.exception(timeout=max(0.0, began + check.seconds - time.monotonic()))
        except TimeoutError as late:
            error = late
        if error is not None:
            logger.warning("readiness_check_failed", check=check.name, error=f"{type(error).__name__}: {error}")
            failed.append(check.name)
    return failed
