from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.db.models.lookups import Exact
from django.urls import reverse

from core import clock, ids
from tenant_apps.jobs.choices import ENDED, OPEN, RecordState, RunState


def _is_object(field: str) -> Exact:
    kind = models.Func(field, function="jsonb_typeof", output_field=models.TextField())
    return Exact(kind, models.Value("object"))


class TaskRun(models.Model):
    """One run of a long job: what was asked, how far it is, how it ended.

    A worker that runs it holds a lease, renewed while it lives. `attempts` counts the workers that took it over and is
    what a worker proves its hold with: one that was declared dead cannot write any more.
    """

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    kind = models.CharField(max_length=100)
    arguments = models.JSONField(default=dict, blank=True)
    state = models.CharField(max_length=16, choices=RunState, default=RunState.QUEUED)
    progress_done = models.PositiveBigIntegerField(default=0)
    progress_total = models.PositiveBigIntegerField(null=True, blank=True)
    progress_message = models.TextField(blank=True, default="")
    # Where the next worker resumes, written with the work that it covers.
    checkpoint = models.JSONField(default=dict, blank=True)
    result = models.JSONField(null=True, blank=True)
    error = models.TextField(blank=True, default="")
    requested_by_kind = models.CharField(max_length=16)
    requested_by_id = models.CharField(max_length=64, blank=True)
    requested_by_label = models.TextField(blank=True)
    cancel_requested = models.BooleanField(default=False)
    attempts = models.PositiveSmallIntegerField(default=0)
    lease_until = models.DateTimeField(null=True, blank=True)
    heartbeat_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=clock.now, db_default=Now())
    # When its message was last given to the broker, which may have lost it.
    queued_at = models.DateTimeField(default=clock.now, db_default=Now())
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = "job"
        # The id begins with the time, so it alone orders the runs.
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(name="jobs_run_state", condition=Q(state__in=RunState.values)),
            models.CheckConstraint(name="jobs_run_kind_given", condition=~Q(kind="")),
            models.CheckConstraint(
                name="jobs_run_leased_while_running",
                condition=Q(state=RunState.RUNNING, lease_until__isnull=False, started_at__isnull=False)
                | (~Q(state=RunState.RUNNING) & Q(lease_until__isnull=True)),
            ),
            models.CheckConstraint(
                name="jobs_run_finished_at",
                condition=Q(state__in=ENDED, finished_at__isnull=False) | Q(state__in=OPEN, finished_at__isnull=True),
            ),
            models.CheckConstraint(
                name="jobs_run_progress",
                condition=Q(progress_total__isnull=True) | Q(progress_done__lte=F("progress_total")),
            ),
            models.CheckConstraint(
                name="jobs_run_objects", condition=_is_object("arguments") & _is_object("checkpoint")
            ),
        ]
        indexes = [
            models.Index(name="jobs_run_open", fields=["created_at"], condition=Q(state__in=OPEN)),
            models.Index(name="jobs_run_by_requester", fields=["requested_by_id", "-id"]),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"

    def get_absolute_url(self) -> str:
        return reverse("jobs:run_detail", args=[self.pk])

    @property
    def is_ended(self) -> bool:
        """Whether nothing will happen to this run any more."""
        return self.state in ENDED

    @property
    def percent(self) -> int | None:
        """How much is done, from 0 to 100; None while the total is not known."""
        if self.state == RunState.SUCCEEDED:
            return 100
        return None if not self.progress_total else self.progress_done * 100 // self.progress_total


class IdempotencyRecord(models.Model):
    """A write that was sent with an Idempotency-Key, and its answer as it was sent."""

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    digest = models.CharField(max_length=64)
    actor = models.TextField()
    route = models.TextField()
    key = models.CharField(max_length=255)
    fingerprint = models.CharField(max_length=64)
    state = models.CharField(max_length=16, choices=RecordState, default=RecordState.RUNNING)
    token = models.UUIDField(null=True)
    lease_until = models.DateTimeField(null=True)
    answer_status = models.PositiveSmallIntegerField(null=True)
    answer_headers = models.JSONField(default=dict)
    answer_body = models.BinaryField(null=True)
    created_at = models.DateTimeField(default=clock.now, db_default=Now())
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="jobs_idempotency_digest", fields=["digest"]),
            models.CheckConstraint(name="jobs_idempotency_headers", condition=_is_object("answer_headers")),
            models.CheckConstraint(
                name="jobs_idempotency_state",
                condition=Q(
                    state=RecordState.RUNNING,
                    token__isnull=False,
                    lease_until__isnull=False,
                    answer_status__isnull=True,
                )
                | Q(
                    state=RecordState.FINISHED,
                    token__isnull=True,
                    lease_until__isnull=True,
                    answer_status__isnull=False,
                    answer_body__isnull=False,
                    finished_at__isnull=False,
                ),
            ),
        ]
        indexes = [models.Index(name="jobs_idempotency_age", fields=["created_at"])]

    def __str__(self) -> str:
        return f"{self.route} {self.key}"
