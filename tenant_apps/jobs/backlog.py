from collections.abc import Sequence
from datetime import datetime
from itertools import chain
from uuid import UUID

from django.db.models import Count, Min, Q
from django.utils.translation import gettext_lazy as _

from core.actor import SYSTEM, Actor
from core.backlogs import Amount, Backlog, Piece
from tenant_apps.jobs.choices import RunState
from tenant_apps.jobs.selectors import run_list
from tenant_apps.jobs.services import job_label
from tenant_apps.jobs.services.retries import run_retry


def amount(since: datetime, until: datetime) -> Amount:
    """Jobs that wait for a worker, and those that failed in this time."""
    waits = Q(state=RunState.QUEUED)
    failed = Q(state=RunState.FAILED, finished_at__gte=since, finished_at__lt=until)
    counted = run_list(actor=SYSTEM).aggregate(
        waiting=Count("pk", filter=waits), oldest=Min("created_at", filter=waits), failed=Count("pk", filter=failed)
    )
    return Amount(**counted)


def pieces(limit: int) -> Sequence[Piece]:
    """Jobs that failed, then those that wait."""
    states = (RunState.FAILED, RunState.QUEUED)
    found = (run_list(actor=SYSTEM).filter(state=state).order_by("pk")[:limit] for state in states)
    return [
        Piece(run.pk, job_label(run.kind), run.state == RunState.FAILED, run.attempts, run.error, run.created_at)
        for run in chain.from_iterable(found)
    ][:limit]


def retry(run_id: UUID, actor: Actor) -> None:
    """Begin a failed job anew; raises NotFound, RunNotFailed."""
    run_retry(run_id=run_id, actor=actor)


JOBS = Backlog("jobs", _("Jobs"), amount, pieces, retry)
