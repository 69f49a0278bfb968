from django.db import models
from django.db.models import CheckConstraint, Index, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from core import ids
from core.clock import now


class SignUp(models.Model):
    """Somebody on the way to an organisation of their own. Before the address is confirmed nothing else is made.

    Whoever holds the secret goes on with it: a browser in its session, a program in a header.
    """

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    secret_hash = models.CharField(max_length=64, editable=False)
    organisation = models.CharField(_("organisation"), max_length=120)
    slug = models.CharField(_("subdomain"), max_length=40)
    # What the subdomain looks like, while it is kept for this person: nobody else can hold a look-alike.
    held = models.CharField(max_length=40, null=True, unique=True, editable=False)
    held_until = models.DateTimeField(null=True, editable=False)
    name = models.CharField(_("name"), max_length=150)
    email = models.EmailField(_("e-mail address"), max_length=254)
    # Its hash; emptied when the account has it.
    password = models.CharField(max_length=128, blank=True, editable=False)
    locale = models.CharField(_("language and region"), max_length=20)
    time_zone = models.CharField(_("time zone"), max_length=64)
    currency = models.CharField(_("currency"), max_length=6)
    terms_accepted_at = models.DateTimeField(default=now, editable=False)
    address = models.GenericIPAddressField(null=True, editable=False)
    code_hash = models.CharField(max_length=64, blank=True, editable=False)
    code_sent_at = models.DateTimeField(default=now, editable=False)
    code_expires_at = models.DateTimeField(default=now, editable=False)
    codes_sent = models.PositiveSmallIntegerField(default=0, editable=False)
    # Counted for the code that was sent last.
    wrong_codes = models.PositiveSmallIntegerField(default=0, editable=False)
    email_confirmed_at = models.DateTimeField(null=True, editable=False)
    tenant = models.OneToOneField(
        "tenants.Tenant", on_delete=models.PROTECT, null=True, related_name="sign_up", editable=False
    )
    failed_at = models.DateTimeField(null=True, editable=False)
    welcomed_at = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name = _("sign-up")
        ordering = ["-id"]
        indexes = [Index(fields=["created_at"], condition=Q(tenant=None), name="signup_unfinished")]
        constraints = [
            CheckConstraint(
                condition=Q(held=None, held_until=None) | Q(held__isnull=False, held_until__isnull=False),
                name="signup_held_until_then",
            ),
            CheckConstraint(
                condition=Q(tenant=None) | Q(email_confirmed_at__isnull=False), name="signup_confirmed_before_founded"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.organisation} ({self.slug})"
