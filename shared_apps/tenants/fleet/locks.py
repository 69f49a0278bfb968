from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connections

from core.tenancy.context import PLATFORM_CELL

# One key for each kind of work that one process at a time does, in the whole installation.
MIGRATE = 0x1E5E40
RECORD = 0x1E5E41
FLEET = 0x1E5E43
WARM = 0x1E5E44
PURGE = 0x1E5E45
_SESSION = (
    "SELECT pg_catalog.set_config('idle_in_transaction_session_timeout', '0', true),"
    " pg_catalog.set_config('statement_timeout', '0', true), pg_catalog.set_config('lock_timeout', '0', true)"
)


@contextmanager
def held(key: int, *, wait: bool) -> Iterator[bool]:
    """Hold a lock until the block ends or the process dies; yields False where it is taken and `wait` is off.

    It belongs to a transaction on a connection of its own, so that it outlives whatever the work does to its
    connections, and holds through a transaction pooler too.
    """
    wrapper = connections[PLATFORM_CELL].copy()
    connection = wrapper.get_new_connection(wrapper.get_connection_params())
    try:
        with connection.cursor() as cursor:
            cursor.execute(_SESSION)
            cursor.execute(f"SELECT pg_catalog.pg_{'' if wait else 'try_'}advisory_xact_lock(%s)", [key])
            yield wait or cursor.fetchone()[0]
    finally:
        connection.close()
