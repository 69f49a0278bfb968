from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.db.models.lookups import Exact
from django.urls import reverse

from core import clock, ids
from tenant_apps.events.choices import EventState


class OutboxEvent(models.Model):
    """A fact, kept in the transaction that made it true, until every subscriber has handled it."""

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    # The database numbers the rows itself (GENERATED ALWAYS AS IDENTITY), whatever a writer says.
    sequence = models.BigIntegerField(editable=False, db_default=0)
    kind = models.CharField(max_length=100)
    subject_id = models.CharField(max_length=64)
    payload = models.JSONField(default=dict, db_default=models.Value({}, models.JSONField()))
    created_at = models.DateTimeField(default=clock.now, db_default=Now())
    state = models.CharField(
        max_length=16, choices=EventState, default=EventState.PENDING, db_default=EventState.PENDING.value
    )
    attempts = models.PositiveSmallIntegerField(default=0, db_default=0)
    next_attempt_at = models.DateTimeField(default=clock.now, db_default=Now())
    dispatched_at = models.DateTimeField(null=True, blank=True)
    last_error = models.TextField(blank=True, default="", db_default="")

    class Meta:
        verbose_name = "event"
        ordering = ["-sequence"]
        constraints = [
            models.UniqueConstraint(name="events_sequence", fields=["sequence"]),
            models.CheckConstraint(name="events_state", condition=Q(state__in=EventState.values)),
            models.CheckConstraint(name="events_kind_and_subject", condition=~Q(kind="") & ~Q(subject_id="")),
            models.CheckConstraint(
                name="events_dispatched_at",
                condition=Q(state=EventState.DISPATCHED, dispatched_at__isnull=False)
                | (~Q(state=EventState.DISPATCHED) & Q(dispatched_at__isnull=True)),
            ),
            models.CheckConstraint(
                name="events_payload_object",
                condition=Exact(
                    models.Func("payload", function="jsonb_typeof", output_field=models.TextField()),
                    models.Value("object"),
                ),
            ),
        ]
        indexes = [
            models.Index(name="events_due", fields=["next_attempt_at"], condition=Q(state=EventState.PENDING)),
            models.Index(
                name="events_open_by_subject", fields=["subject_id", "sequence"], condition=Q(state=EventState.PENDING)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject_id}"

    def get_absolute_url(self) -> str:
        return reverse("events:event_detail", args=[self.pk])


class EventDelivery(models.Model):
    """One subscriber has handled one event: written with what the subscriber wrote, so both happen exactly once."""

    pk = models.CompositePrimaryKey("event_id", "subscriber")
    event = models.ForeignKey(OutboxEvent, on_delete=models.CASCADE, related_name="deliveries", db_index=False)
    subscriber = models.CharField(max_length=100)
    delivered_at = models.DateTimeField(default=clock.now, db_default=Now())

    class Meta:
        verbose_name_plural = "event deliveries"
        constraints = [models.CheckConstraint(name="events_subscriber_given", condition=~Q(subscriber=""))]

    def __str__(self) -> str:
        return f"{self.event_id} → {self.subscriber}"
