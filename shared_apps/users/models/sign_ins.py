from django.db import models
from django.db.models import CheckConstraint, Index, Q, UniqueConstraint
from django.utils.translation import gettext_lazy as _

from core.clock import now
from core.ids import uuid7
from shared_apps.users.choices import SignInReason, TwoFactorDemand
from shared_apps.users.models.people import User


class SavedView(models.Model):
    """A list as one person likes to see it: its search, filter and order as a query string."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="saved_views")
    list_name = models.CharField(max_length=100)
    name = models.CharField(max_length=40)
    query = models.CharField(max_length=1000, blank=True)

    class Meta:
        verbose_name = _("saved view")
        ordering = ["id"]
        constraints = [
            UniqueConstraint(fields=["user", "list_name", "name"], name="users_savedview_once"),
            CheckConstraint(condition=~Q(name="") & ~Q(list_name=""), name="users_savedview_named"),
        ]

    def __str__(self) -> str:
        return self.name


class SignInPolicy(models.Model):
    """What is demanded of everybody who signs in here: one row, or none before somebody said so."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    two_factor = models.CharField(
        _("two-factor sign-in is needed by"),
        max_length=20,
        choices=TwoFactorDemand,
        default=TwoFactorDemand.NOBODY,
    )
    grace_until = models.DateField(_("from the day after"), null=True, blank=True)
    session_hours = models.PositiveSmallIntegerField(_("a sign-in lasts"), null=True, blank=True)
    changed_at = models.DateTimeField(default=now, editable=False)

    class Meta:
        verbose_name = _("sign-in policy")
        constraints = [
            CheckConstraint(condition=Q(id=1), name="users_signinpolicy_only_one"),
            CheckConstraint(
                condition=Q(two_factor__in=TwoFactorDemand.values), name="users_signinpolicy_two_factor_known"
            ),
            CheckConstraint(
                condition=Q(session_hours=None) | Q(session_hours__range=(1, 336)),
                name="users_signinpolicy_session_hours",
            ),
        ]

    def __str__(self) -> str:
        return str(self._meta.verbose_name)


class SignIn(models.Model):
    """Somebody signed in, or was refused. Kept for 180 days."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    at = models.DateTimeField(_("time"), default=now, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, null=True, related_name="sign_ins")
    email = models.CharField(_("e-mail address"), max_length=254, blank=True)
    succeeded = models.BooleanField(_("succeeded"))
    method = models.CharField(_("method"), max_length=60, blank=True)
    reason = models.CharField(_("reason"), max_length=20, choices=SignInReason, blank=True)
    address = models.GenericIPAddressField(_("address"), null=True)
    user_agent = models.CharField(_("device"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("sign-in")
        verbose_name_plural = _("sign-ins")
        ordering = ["-id"]
        indexes = [Index(fields=["user", "-id"], name="users_signin_by_user")]
        constraints = [
            CheckConstraint(
                condition=Q(succeeded=True, reason="") | (Q(succeeded=False) & ~Q(reason="")),
                name="users_signin_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.email} {self.at:%Y-%m-%d %H:%M}"
