from django.db import models
from django.utils.translation import gettext_lazy as _


class SignUpState(models.TextChoices):
    """How far somebody is on the way to their organisation."""

    CONFIRMING = "confirming", _("Waiting for the code from the mail")
    # The address is confirmed, but the subdomain was lost to somebody else in the meantime.
    NAMING = "naming", _("Waiting for another subdomain")
    PROVISIONING = "provisioning", _("Being set up")
    FAILED = "failed", _("Not set up yet")
    READY = "ready", _("Ready")
    CLOSED = "closed", _("Closed")
