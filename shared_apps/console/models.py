from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from core import ids
from shared_apps.console.choices import OrderKind, OrderState


class Figures(models.Model):
    """What was counted in one organisation's schema; `failed` is of the day, everything else of the moment."""

    size_bytes = models.PositiveBigIntegerField()
    table_count = models.PositiveIntegerField()
    people_count = models.PositiveIntegerField()
    waiting = models.PositiveIntegerField()
    failed = models.PositiveIntegerField()
    oldest_waiting_at = models.DateTimeField(null=True)
    # The same by backlog: {"events": {"waiting": 2, "failed": 0, "oldest": "2026-03-31T09:30:00+00:00"}}.
    by_backlog = models.JSONField(default=dict)
    measured_at = models.DateTimeField()

    class Meta:
        abstract = True


class TenantMeasure(Figures):
    """An organisation's newest figures."""

    tenant = models.OneToOneField("tenants.Tenant", on_delete=models.CASCADE, primary_key=True, related_name="measure")

    def __str__(self) -> str:
        return str(self.tenant_id)


class DayMeasure(Figures):
    """An organisation's last figures of a day (UTC), for the curves."""

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    tenant = models.ForeignKey("tenants.Tenant", on_delete=models.CASCADE, related_name="measured_days")
    day = models.DateField()

    class Meta:
        ordering = ["-day"]
        constraints = [models.UniqueConstraint(fields=["tenant", "day"], name="console_day_once")]
        indexes = [models.Index(fields=["day"], name="console_day")]

    def __str__(self) -> str:
        return f"{self.tenant_id} {self.day}"


class FleetOrder(models.Model):
    """Something that somebody asked a worker of the queue `fleet` to do, and what came of it."""

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    kind = models.CharField(max_length=8, choices=OrderKind)
    state = models.CharField(max_length=8, choices=OrderState, default=OrderState.WAITING)
    arguments = models.JSONField(default=dict)
    result = models.JSONField(default=dict)
    error = models.TextField(blank=True)
    requested_by = models.TextField()
    requested_at = models.DateTimeField(db_default=Now())
    queued_at = models.DateTimeField(db_default=Now())
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=Q(state__in=OrderState.values), name="console_order_state"),
            models.UniqueConstraint(
                fields=["kind"],
                condition=Q(state__in=[OrderState.WAITING, OrderState.RUNNING]),
                name="console_order_one_open",
            ),
        ]

    def __str__(self) -> str:
        return self.get_kind_display()


class Heartbeat(models.Model):
    """The last sign of life of a queue: when the scheduler sent it, when and by which worker it was heard."""

    queue = models.CharField(max_length=20, primary_key=True)
    sent_at = models.DateTimeField()
    heard_at = models.DateTimeField()
    worker = models.CharField(max_length=200)

    def __str__(self) -> str:
        return self.queue
