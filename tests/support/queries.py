from collections.abc import Callable
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext


def fewest_queries(ask: Callable[[], Any]) -> int:
    """How many statements a request costs that was sent before.

    It is sent three times, as what a process remembers of the registry for seconds may run out during one of them.
    """
    counts = []
    for _ in range(3):
        with CaptureQueriesContext(connection) as queries:
            assert ask().status_code == 200
        counts.append(len(queries))
    return min(counts)
