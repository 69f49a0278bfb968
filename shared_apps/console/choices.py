from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class OrderKind(TextChoices):
    """What only a worker with the owner's credentials can do."""

    MIGRATE = "migrate", _("Migrate the fleet")
    VERIFY = "verify", _("Verify all schemas")
    WARM = "warm", _("Fill the warm pool")


class OrderState(TextChoices):
    WAITING = "waiting", _("Waiting")
    RUNNING = "running", _("Running")
    DONE = "done", _("Done")
    FAILED = "failed", _("Failed")
