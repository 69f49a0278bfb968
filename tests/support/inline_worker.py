"""A worker that is a thread of this process, for tests in which a browser waits for what it does."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread

from django.db import connections

from tests.support.messages import waiting


@contextmanager
def inline_worker() -> Iterator[list[Exception]]:
    """Run what is queued until the block ends; gives what tasks raised."""
    raised: list[Exception] = []
    ended = Event()

    def work() -> None:
        while not ended.wait(0.05):
            for message in waiting():
                try:
                    message.run()
                except Exception as error:  # noqa: BLE001  the test decides
                    raised.append(error)
        connections.close_all()

    waiting()
    thread = Thread(target=work, daemon=True)
    thread.start()
    try:
        yield raised
    finally:
        ended.set()
        thread.join(timeout=20)
