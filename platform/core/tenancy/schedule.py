import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import structlog
from celery.beat import Scheduler
from django.conf import settings
from kombu.exceptions import OperationalError
from redis import Redis, RedisError

from core.tenancy.tasks import PlatformTask

Task = TypeVar("Task", bound=PlatformTask)
_log = structlog.get_logger("livery.beat")
_LOCK_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Periodic:
    """A task of the platform and how often it runs; both times are in seconds."""

    task: PlatformTask
    every: int
    offset: int

    def slot(self, now: float) -> int:
        """The number of the period that an instant (Unix time) lies in; a task runs once in each."""
        return int((now - self.offset) // self.every)


_schedule: dict[str, Periodic] = {}


def periodic(*, every: int, offset: int = 0) -> Callable[[Task], Task]:
    """Run a platform task once in every period of this many seconds, counted from the Unix epoch plus `offset`.

    Its message expires with the period, so ticks do not pile up while no worker listens.
    """

    def register(task: Task) -> Task:
        if not isinstance(task, PlatformTask):
            raise TypeError("Only a platform task is periodic; it fans out to the tenants.")
        if task.name in _schedule:
            raise ValueError(f"{task.name} is scheduled twice.")
        _schedule[task.name] = Periodic(task, every, offset)
        return task

    return register


def schedule() -> dict[str, Periodic]:
    """All periodic tasks by name."""
    return dict(_schedule)


class SlotScheduler(Scheduler):
    """Sends each periodic task once in each of its periods, however many schedulers run and however often they restart.

    The last period that was served is kept in Redis. Where Redis has lost it, tasks run once more, which does no harm.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        # A file of a schedule, as `celery beat -s` names it, is not needed.
        kwargs.pop("schedule_filename", None)
        self.redis = Redis.from_url(settings.REDIS_URL, socket_timeout=5, socket_connect_timeout=3)
        super().__init__(*args, **kwargs)

    def setup_schedule(self) -> None:
        """Nothing to set up: rooms registered their tasks when their modules were loaded."""

    def tick(self, *args: Any, **kwargs: Any) -> float:
        """Send what is due; returns the seconds until the next look."""
        now = time.time()
        for entry in _schedule.values():
            try:
                self._serve(entry, entry.slot(now))
            except (RedisError, OperationalError) as error:
                _log.warning("tick_failed", task=entry.task.name, reason=str(error))
        return 1 - time.time() % 1

    def _serve(self, entry: Periodic, slot: int) -> None:
        key = f"livery:beat:{entry.task.name}"
        if self._served(key) >= slot:
            return
        # Two schedulers may look at the same moment. One that dies between the two writes leaves the period unserved.
        if not self.redis.set(f"{key}:lock", 1, nx=True, ex=_LOCK_SECONDS):
            return
        try:
            if self._served(key) < slot:
                entry.task.apply_async(expires=entry.every)
                self.redis.set(key, slot)
        finally:
            self.redis.delete(f"{key}:lock")

    def _served(self, key: str) -> int:
        return int(self.redis.get(key) or -1)
