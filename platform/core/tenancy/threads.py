import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import copy_context

import structlog
from django.db import DatabaseError, connections

_log = structlog.get_logger("livery.threads")


@contextmanager
def repeating(function: Callable[[], object], *, every: float) -> Iterator[None]:
    """Call a function every so many seconds, in this context and in a thread of its own, while the block runs.

    The thread has a connection of its own, so it sees what is committed and waits for what the block has locked. A
    call that the database refuses is logged, and the next one comes in its time.
    """
    ended = threading.Event()

    def repeat() -> None:
        try:
            while not ended.wait(every):
                try:
                    function()
                except DatabaseError as error:
                    _log.warning("repeated_call_failed", reason=str(error))
        finally:
            connections.close_all()

    thread = threading.Thread(target=copy_context().run, args=(repeat,), name="repeating", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
