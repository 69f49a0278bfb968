"""Work that several do at the same moment."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

from django.db import connections

from core.tenancy import platform_context


def at_once(count: int, work: Callable[[int], Any]) -> list[Any]:
    """What threads return or raise that begin together, in the platform's context, on connections of their own."""
    barrier = Barrier(count)

    def begin(number: int) -> Any:
        barrier.wait()
        try:
            with platform_context():
                return work(number)
        except Exception as error:  # noqa: BLE001  handed to the test
            return error
        finally:
            connections.close_all()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(begin, range(count)))
