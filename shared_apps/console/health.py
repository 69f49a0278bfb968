"""Whether the installation is well: what the readiness checks say, whom the queues hear, and what runs here."""

import platform
import shutil
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import django
from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.clock import now
from core.observability.queues import broker_version, queue_depths
from core.tenancy import cursor
from core.tenancy.tasks import QUEUES
from core.web.readiness import check_names, failed_checks
from shared_apps.console.inside import Work, platform_work
from shared_apps.console.selectors import heartbeats

# A sign of life is sent every minute; two that are missing are a fault.
SILENCE = timedelta(minutes=2, seconds=30)
CHECKS = {
    "database": gettext_lazy("Database"),
    "cache": gettext_lazy("Redis (cache)"),
    "broker": gettext_lazy("Broker"),
    "migrations": gettext_lazy("Migrations"),
}
_FULL = 90


@dataclass(frozen=True, slots=True)
class Check:
    name: str
    label: Any
    is_well: bool


@dataclass(frozen=True, slots=True)
class QueueHealth:
    """One queue: who heard the last sign of life, how long it took, and how many messages wait."""

    name: str
    depth: int | None
    heard_at: datetime | None
    delay: timedelta | None
    worker: str

    @property
    def is_well(self) -> bool:
        """Whether a worker heard it lately."""
        return self.heard_at is not None and now() - self.heard_at < SILENCE


@dataclass(frozen=True, slots=True)
class Disk:
    total: int
    free: int

    @property
    def percent(self) -> int:
        """How much is in use."""
        return round((self.total - self.free) * 100 / self.total)

    @property
    def is_well(self) -> bool:
        """Whether a tenth is left."""
        return self.percent < _FULL


@dataclass(frozen=True, slots=True)
class Health:
    checks: list[Check]
    queues: list[QueueHealth]
    beat_at: datetime | None
    disk: Disk
    versions: dict[str, str]
    work: list[Work]

    @property
    def beat_is_well(self) -> bool:
        """Whether the scheduler sent a sign of life lately."""
        return self.beat_at is not None and now() - self.beat_at < SILENCE

    @property
    def is_well(self) -> bool:
        """Whether nothing here needs anybody."""
        checks = [check.is_well for check in self.checks]
        queues = [queue.is_well for queue in self.queues]
        return self.beat_is_well and self.disk.is_well and all(checks) and all(queues)


def health_get() -> Health:
    """Ask everything now; a part that hangs is given up after two seconds."""
    failed = set(failed_checks())
    beats = heartbeats()
    return Health(
        checks=[Check(name, CHECKS.get(name, name), name not in failed) for name in check_names()],
        queues=_queues(beats, queue_depths() or {}),
        beat_at=max((beat.sent_at for beat in beats.values()), default=None),
        disk=_disk(),
        versions=_versions(),
        work=platform_work(),
    )


def _queues(beats: dict[str, Any], depths: dict[str, int]) -> list[QueueHealth]:
    found = []
    for name in QUEUES:
        beat = beats.get(name)
        delay = beat.heard_at - beat.sent_at if beat else None
        found.append(
            QueueHealth(name, depths.get(name), beat.heard_at if beat else None, delay, beat.worker if beat else "")
        )
    return found


def _disk() -> Disk:
    folder = Path(settings.FILES_DIR)
    while not folder.exists():
        folder = folder.parent
    usage = shutil.disk_usage(folder)
    return Disk(usage.total, usage.free)


def _versions() -> dict[str, str]:
    with cursor() as opened:
        opened.execute("SELECT pg_catalog.current_setting('server_version')")
        postgres = opened.fetchone()[0].split()[0]
    return {
        "PostgreSQL": postgres,
        "Redis": broker_version() or _("no answer"),
        "Python": platform.python_version(),
        "Django": django.__version__,
    }
