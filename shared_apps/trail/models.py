from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models.functions import Now
from django.db.models.lookups import Exact

from core import clock, ids
from shared_apps.trail.choices import ActorKind


class TrailEntry(models.Model):
    """Who did what to which object, from where. A row is written once and never changes; the database refuses it."""

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    at = models.DateTimeField(default=clock.now, db_default=Now())
    actor_kind = models.CharField(max_length=16, choices=ActorKind)
    actor_id = models.CharField(max_length=64, blank=True)
    actor_label = models.TextField(blank=True)
    action = models.CharField(max_length=100)
    object_type = models.CharField(max_length=100)
    object_id = models.CharField(max_length=64)
    object_label = models.TextField(blank=True)
    summary = models.TextField(blank=True)
    changes = models.JSONField(default=dict, blank=True)
    address = models.GenericIPAddressField(null=True, blank=True)
    request_id = models.CharField(max_length=64, blank=True)

    class Meta:
        verbose_name_plural = "trail entries"
        # The id begins with the time, so it alone orders the trail.
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(name="trail_actor_kind", condition=models.Q(actor_kind__in=ActorKind.values)),
            models.CheckConstraint(name="trail_action_given", condition=~models.Q(action="")),
            models.CheckConstraint(
                name="trail_changes_object",
                condition=Exact(
                    models.Func("changes", function="jsonb_typeof", output_field=models.TextField()),
                    models.Value("object"),
                ),
            ),
        ]
        indexes = [
            models.Index(name="trail_by_object", fields=["object_type", "object_id", "-id"]),
            models.Index(name="trail_by_actor", fields=["actor_id", "-id"]),
            models.Index(name="trail_by_action", fields=["action", "-id"]),
            # Rows are appended in the order of their time, so its index is a few pages however long the trail is.
            BrinIndex(name="trail_by_time", fields=["at"], autosummarize=True),
        ]

    def __str__(self) -> str:
        return f"{self.actor_label}: {self.action} {self.object_label or self.object_id}"
