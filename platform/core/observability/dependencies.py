from typing import Any

from celery import current_app
from django.core.cache import caches
from django.db import connections

from core.web.readiness import readiness

# Switched off, each lets the server confirm a commit that a crash then loses.
DURABILITY = ("fsync", "full_page_writes", "synchronous_commit")
SECONDS = 2


class NotDurable(RuntimeError):
    """The database server may lose what it has confirmed."""


def undurable_settings(connection: Any) -> list[str]:
    """The names of the server's durability settings that are off, asked without any tenant's context."""
    connection.ensure_connection()
    with connection.connection.cursor() as raw:
        raw.execute(
            "SELECT name FROM pg_settings WHERE name = ANY(%s) AND setting = 'off' ORDER BY name", [[*DURABILITY]]
        )
        return [name for (name,) in raw.fetchall()]


@readiness("database", seconds=SECONDS)
def database() -> None:
    """Each cell takes a connection and keeps what it confirms."""
    for alias in connections:
        off = undurable_settings(connections[alias])
        if off:
            raise NotDurable(f"{alias}: {', '.join(off)} is off")


@readiness("cache", seconds=SECONDS)
def cache() -> None:
    """Redis takes writes: one that is full still answers reads."""
    caches["platform"].set("readiness", True, timeout=10)


@readiness("broker", seconds=SECONDS)
def broker() -> None:
    """Tasks can be queued."""
    with current_app.connection_for_write() as connection:
        connection.ensure_connection(max_retries=0, timeout=SECONDS)
