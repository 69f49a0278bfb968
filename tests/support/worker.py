"""celery -A tests.support.worker worker: the real worker, with a subscriber and a job that write down what they do."""

import os
import time
from typing import Any

from celery import signals
from redis import Redis

from config.celery import app
from core.events import Event, subscriber

__all__ = ["app"]
STARTED = "test:started"


def note_start(what: object) -> None:
    """Say which worker has begun: its process id is what a test kills."""
    from django.conf import settings

    with Redis.from_url(settings.REDIS_URL) as redis:
        redis.rpush(STARTED, f"{what} {os.getppid()}")


def write(action: str, object_id: object, summary: str) -> None:
    from shared_apps.trail.models import TrailEntry

    TrailEntry.objects.create(
        actor_kind="system", action=action, object_type="test", object_id=str(object_id), summary=summary
    )


def record(event: Event) -> None:
    """Takes as long as the event says, and leaves one row."""
    note_start(event.id)
    write("test.handled", event.id, event.payload["note"])
    time.sleep(event.payload["seconds"])


def count(progress: Any, *, rows: int, seconds: float, note: str) -> int:
    """Leaves one row for each number, each in a transaction with its checkpoint."""
    from core.tenancy import atomic

    note_start(f"{note}:{progress.attempt}")
    for row in range(progress.checkpoint.get("row", 0), rows):
        with atomic():
            write("test.counted", row, note)
            progress.advance(row + 1, total=rows, checkpoint={"row": row + 1})
        time.sleep(seconds)
    return rows


@signals.import_modules.connect(weak=False)
def register(**_: Any) -> None:
    """Register both once the apps are loaded."""
    from tenant_apps.jobs.services import job

    subscriber("test.happened", name="test.recorder")(record)
    job("test.count", label="Count")(count)
