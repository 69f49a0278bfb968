import time
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, cast

from django.db.models import QuerySet

from core import clock
from core.actor import Actor, ActorKind
from core.events import emit
from core.tenancy import atomic
from tenant_apps.jobs.choices import RunState
from tenant_apps.jobs.errors import RunCancelled, RunLost
from tenant_apps.jobs.models import TaskRun

# Nobody reads more often, and a loop may report each of its rows.
WRITE_SECONDS = 0.5


def announce_end(run: TaskRun, state: RunState) -> None:
    """Say that a run succeeded or failed, in the transaction that ends it; who cancels a run knows."""
    if state in (RunState.SUCCEEDED, RunState.FAILED):
        emit(
            kind=f"jobs.{state.value}",
            subject_id=run.pk,
            payload={
                "kind": run.kind,
                "requested_by_kind": run.requested_by_kind,
                "requested_by_id": run.requested_by_id,
            },
        )


class Progress:
    """What a job holds of its run: where it stands, and the right to write while nobody else has taken it over."""

    def __init__(self, run: TaskRun, lease: timedelta) -> None:
        self.checkpoint: dict[str, Any] = dict(run.checkpoint)
        kind = cast(ActorKind, run.requested_by_kind)
        self.requested_by = Actor(kind=kind, id=run.requested_by_id, label=run.requested_by_label)
        self.attempt = run.attempts
        self._run, self._lease = run, lease
        self._written = float("-inf")

    def advance(
        self,
        done: int,
        *,
        total: int | None = None,
        message: str | None = None,
        checkpoint: Mapping[str, Any] | None = None,
    ) -> None:
        """Say how far the job is. Raises RunCancelled, RunLost; let both pass.

        A checkpoint is where another worker resumes: give it as the last thing in the atomic() of the work that it
        covers, so both are kept or neither. Without one, reports that follow each other closely are left out.
        """
        if checkpoint is None and time.monotonic() - self._written < WRITE_SECONDS:
            return
        changes: dict[str, Any] = {"progress_done": done}
        if total is not None:
            changes["progress_total"] = total
        if message is not None:
            changes["progress_message"] = message
        if checkpoint is not None:
            changes["checkpoint"] = dict(checkpoint)
        with atomic():
            row = self._held().select_for_update().first()
            if row is None:
                raise RunLost
            if row.cancel_requested:
                raise RunCancelled
            self._held().update(**changes, **self._renewed())
        self._written = time.monotonic()
        if checkpoint is not None:
            self.checkpoint = dict(checkpoint)

    def beat(self) -> None:
        """Renew the lease."""
        self._held().update(**self._renewed())

    def end(self, state: RunState, *, result: Any = None, error: str = "") -> None:
        """Write how the run ended, and say so, unless it was taken over."""
        with atomic():
            ended = {"state": state, "result": result, "error": error, "finished_at": clock.now()}
            if self._held().update(**ended, lease_until=None):
                announce_end(self._run, state)

    def _held(self) -> QuerySet[TaskRun]:
        return TaskRun.objects.filter(pk=self._run.pk, attempts=self.attempt, state=RunState.RUNNING)

    def _renewed(self) -> dict[str, datetime]:
        now = clock.now()
        return {"heartbeat_at": now, "lease_until": now + self._lease}
