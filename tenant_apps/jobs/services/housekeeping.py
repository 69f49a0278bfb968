from datetime import timedelta

from django.conf import settings
from django.contrib.sessions.models import Session
from django.db.models import QuerySet

from core import clock
from core.tenancy import atomic
from tenant_apps.jobs.choices import ENDED
from tenant_apps.jobs.models import IdempotencyRecord, TaskRun

RUNS_KEPT_DAYS = 90
BATCH = 1000


def records_purge() -> int:
    """Delete idempotency records past their time; returns how many."""
    before = clock.now() - timedelta(days=settings.IDEMPOTENCY_KEPT_DAYS)
    return _delete(IdempotencyRecord.objects.filter(created_at__lt=before))


def runs_purge() -> int:
    """Delete runs that ended long ago; returns how many."""
    before = clock.now() - timedelta(days=RUNS_KEPT_DAYS)
    return _delete(TaskRun.objects.filter(state__in=ENDED, finished_at__lt=before))


def sessions_purge() -> int:
    """Delete sessions that have expired; returns how many."""
    return _delete(Session.objects.filter(expire_date__lt=clock.now()))


def _delete(rows: QuerySet) -> int:
    """Delete in batches that each commit, so that no lock is held for long."""
    gone = 0
    while True:
        with atomic():
            keys = list(rows.order_by("pk").values_list("pk", flat=True)[:BATCH])
            rows.model._default_manager.filter(pk__in=keys).delete()
        gone += len(keys)
        if len(keys) < BATCH:
            return gone
