from django.conf import settings
from django.db import models

from core import clock, ids

# The code that stands for the whole list.
EVERYTHING = ""


class Dismissal(models.Model):
    """A person does not want to see a step, or the whole list, any more."""

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", db_index=False)
    code = models.CharField(max_length=100, blank=True)
    at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "code"], name="onboarding_dismissal_once")]

    def __str__(self) -> str:
        return self.code or "everything"
