from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse

from core import clock, ids
from core.notifications import Channel


class Notification(models.Model):
    """One person was told of one event. The words are those of that moment, in the person's language."""

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", db_index=False)
    kind = models.CharField(max_length=100)
    event_id = models.UUIDField()
    text = models.TextField()
    # A path of this host, empty where there is nothing to open.
    url = models.CharField(max_length=500, blank=True)
    icon = models.CharField(max_length=40)
    created_at = models.DateTimeField(default=clock.now)
    read_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = "notification"
        # The id begins with the time, so it alone orders them.
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["event_id", "kind", "user"], name="notifications_once"),
            models.CheckConstraint(condition=~Q(text=""), name="notifications_text_given"),
            # A path, and never another host's: `//host/` would be one.
            models.CheckConstraint(condition=Q(url__regex=r"^(/([^/].*)?)?$"), name="notifications_url_here"),
        ]
        indexes = [
            models.Index(fields=["user", "-id"], name="notifications_of_user"),
            models.Index(fields=["user"], condition=Q(read_at=None), name="notifications_unread"),
        ]

    def __str__(self) -> str:
        return self.text

    def get_absolute_url(self) -> str:
        return reverse("notifications:open", args=[self.pk])

    @property
    def is_read(self) -> bool:
        """Whether the person has seen it."""
        return self.read_at is not None


class Preference(models.Model):
    """How a person wants to be told of one kind; without a row the usual way holds."""

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", db_index=False)
    kind = models.CharField(max_length=100)
    channel = models.CharField(max_length=10, choices=Channel)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "kind"], name="notifications_preference_once"),
            models.CheckConstraint(condition=Q(channel__in=Channel.values), name="notifications_channel_known"),
        ]

    def __str__(self) -> str:
        return f"{self.kind}: {self.channel}"
