from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class EventState(TextChoices):
    PENDING = "pending", _("Waiting")
    DISPATCHED = "dispatched", _("Delivered")
    DEAD = "dead", _("Given up")
