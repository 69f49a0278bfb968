from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class RunState(TextChoices):
    QUEUED = "queued", _("Waiting")
    RUNNING = "running", _("Running")
    SUCCEEDED = "succeeded", _("Done")
    FAILED = "failed", _("Failed")
    CANCELLED = "cancelled", _("Cancelled")


OPEN = (RunState.QUEUED, RunState.RUNNING)
ENDED = (RunState.SUCCEEDED, RunState.FAILED, RunState.CANCELLED)


class RecordState(TextChoices):
    RUNNING = "running", _("Running")
    FINISHED = "finished", _("Finished")
