from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.hashers import check_password
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import CheckConstraint, F, Index, Q, UniqueConstraint
from django.db.models.functions import Lower
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from core.clock import now
from core.ids import uuid7
from core.tenancy import require_scope, scope_key
from shared_apps.users.choices import FamilyEnd
from shared_apps.users.emails import normalise_email


class UserManager(BaseUserManager["User"]):
    def get_by_natural_key(self, username: str | None) -> "User":
        """The person with this e-mail address, in any case."""
        return self.get(email=normalise_email(username or ""))


class Role(models.Model):
    """A named set of actions. What a system role grants lives in code, beside the actions; other roles list theirs."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    code = models.CharField(_("code"), max_length=50)
    name = models.CharField(_("name"), max_length=100)
    is_system = models.BooleanField(_("built in"), default=False, editable=False)
    permissions = ArrayField(
        models.CharField(max_length=100),
        verbose_name=_("actions"),
        default=list,
        blank=True,
    )
    created_at = models.DateTimeField(default=now, editable=False)

    class Meta:
        verbose_name = _("role")
        verbose_name_plural = _("roles")
        ordering = ["-is_system", "id"]
        constraints = [
            UniqueConstraint(fields=["code"], name="users_role_code_unique"),
            UniqueConstraint(Lower("name"), name="users_role_name_unique"),
            CheckConstraint(
                condition=Q(code=Lower("code")) & ~Q(code=""),
                name="users_role_code_lower",
            ),
            CheckConstraint(
                condition=Q(is_system=False) | Q(permissions=[]),
                name="users_role_system_in_code",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class User(AbstractBaseUser):
    """A person of one tenant, or of the platform, and never of both: the row lives in the schema of the context.

    `credential_version` is part of every session, access token and API key of the person; raising it ends them all.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    email = models.EmailField(_("e-mail address"), max_length=254)
    name = models.CharField(_("name"), max_length=150, blank=True)
    is_active = models.BooleanField(_("active"), default=True)
    credential_version = models.PositiveIntegerField(default=1, editable=False)
    language = models.CharField(_("language"), max_length=12, blank=True)
    time_zone = models.CharField(_("time zone"), max_length=64, blank=True)
    date_joined = models.DateTimeField(_("joined"), default=now, editable=False)
    roles = models.ManyToManyField(Role, through="RoleAssignment", related_name="users", verbose_name=_("roles"))

    objects = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("people")
        ordering = ["id"]
        constraints = [
            UniqueConstraint(fields=["email"], name="users_user_email_unique"),
            CheckConstraint(
                condition=Q(email=Lower("email")) & ~Q(email=""),
                name="users_user_email_lower",
            ),
            CheckConstraint(
                condition=Q(credential_version__gte=1),
                name="users_user_credential_version_positive",
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.email

    def check_password(self, raw_password: str | None) -> bool:
        """Whether this is the password; a hash of an older make is renewed unless the schema is read-only."""
        if require_scope().read_only:
            return check_password(raw_password, self.password)
        return super().check_password(raw_password)

    def _get_session_auth_hash(self, secret: Any = None) -> str:
        value = f"{scope_key()}:{self.pk}:{self.credential_version}:{self.password}"
        return salted_hmac("livery.users.session", value, secret=secret, algorithm="sha256").hexdigest()


class RoleAssignment(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="assignments")
    role = models.ForeignKey(Role, on_delete=models.PROTECT, related_name="assignments")
    assigned_at = models.DateTimeField(default=now, editable=False)

    class Meta:
        verbose_name = _("role of a person")
        constraints = [UniqueConstraint(fields=["user", "role"], name="users_roleassignment_once")]

    def __str__(self) -> str:
        return f"{self.user_id} {self.role_id}"


class Invitation(models.Model):
    """A link that lets one person in, once, with the roles given. Only the hash of the link's token is kept."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    email = models.EmailField(_("e-mail address"), max_length=254)
    roles = models.ManyToManyField(Role, through="InvitationRole", related_name="invitations", verbose_name=_("roles"))
    token_hash = models.CharField(max_length=64, editable=False)
    invited_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=now, editable=False)
    expires_at = models.DateTimeField(_("expires"))
    accepted_at = models.DateTimeField(null=True, editable=False)
    accepted_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    revoked_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        verbose_name = _("invitation")
        verbose_name_plural = _("invitations")
        ordering = ["-id"]
        constraints = [
            UniqueConstraint(fields=["token_hash"], name="users_invitation_token_unique"),
            UniqueConstraint(
                fields=["email"],
                condition=Q(accepted_at=None, revoked_at=None),
                name="users_invitation_one_open",
            ),
            CheckConstraint(
                condition=Q(email=Lower("email")) & ~Q(email=""),
                name="users_invitation_email_lower",
            ),
            CheckConstraint(
                condition=Q(expires_at__gt=F("created_at")),
                name="users_invitation_expires_later",
            ),
            CheckConstraint(
                condition=Q(accepted_at=None) | Q(revoked_at=None),
                name="users_invitation_accepted_or_revoked",
            ),
        ]

    def __str__(self) -> str:
        return self.email

    @property
    def state(self) -> str:
        """`open`, `accepted`, `revoked` or `expired`."""
        if self.accepted_at is not None:
            return "accepted"
        if self.revoked_at is not None:
            return "revoked"
        return "expired" if self.expires_at <= now() else "open"


class InvitationRole(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    invitation = models.ForeignKey(Invitation, on_delete=models.CASCADE, related_name="+")
    role = models.ForeignKey(Role, on_delete=models.PROTECT, related_name="+")

    class Meta:
        verbose_name = _("role of an invitation")
        constraints = [UniqueConstraint(fields=["invitation", "role"], name="users_invitationrole_once")]

    def __str__(self) -> str:
        return f"{self.invitation_id} {self.role_id}"


class ApiKey(models.Model):
    """A key `lvk_<public id>_<secret>` for programs that act as its owner, within its scopes."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    owner = models.ForeignKey(User, on_delete=models.CASCADE, related_name="api_keys", verbose_name=_("owner"))
    name = models.CharField(_("name"), max_length=100)
    public_id = models.CharField(max_length=16, editable=False)
    secret_hash = models.CharField(max_length=64, editable=False)
    scopes = ArrayField(
        models.CharField(max_length=100),
        verbose_name=_("scopes"),
        null=True,
        blank=True,
    )
    credential_version = models.PositiveIntegerField(editable=False)
    created_at = models.DateTimeField(default=now, editable=False)
    expires_at = models.DateTimeField(_("expires"), null=True, blank=True)
    last_used_at = models.DateTimeField(_("last used"), null=True, editable=False)
    revoked_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        verbose_name = _("API key")
        verbose_name_plural = _("API keys")
        ordering = ["-id"]
        constraints = [
            UniqueConstraint(fields=["public_id"], name="users_apikey_public_id_unique"),
            CheckConstraint(condition=~Q(name=""), name="users_apikey_named"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def hint(self) -> str:
        """What its owner may recognise the key by."""
        return f"lvk_{self.public_id}_…"

    @property
    def state(self) -> str:
        """`active`, `revoked`, `expired`, or `ended` since the owner was disabled or changed."""
        if self.revoked_at is not None:
            return "revoked"
        if self.expires_at is not None and self.expires_at <= now():
            return "expired"
        lives = self.owner.is_active and self.owner.credential_version == self.credential_version
        return "active" if lives else "ended"


class TokenFamily(models.Model):
    """One sign-in through REST: the chain of refresh tokens that follow from it, and what ends them all at once."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="token_families")
    credential_version = models.PositiveIntegerField()
    address = models.GenericIPAddressField(null=True)
    user_agent = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(default=now, editable=False)
    last_used_at = models.DateTimeField(default=now, editable=False)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    revoked_for = models.CharField(max_length=20, choices=FamilyEnd.choices, blank=True)

    class Meta:
        verbose_name = _("REST session")
        ordering = ["-id"]
        indexes = [Index(fields=["expires_at"], name="users_tokenfamily_expires")]
        constraints = [
            CheckConstraint(
                condition=Q(revoked_at=None, revoked_for="") | (Q(revoked_at__isnull=False) & ~Q(revoked_for="")),
                name="users_tokenfamily_revoked_for",
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)


class RefreshToken(models.Model):
    """One link of a family: good for one refresh. Only the hash of its id is kept."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    family = models.ForeignKey(TokenFamily, on_delete=models.CASCADE, related_name="tokens")
    parent = models.OneToOneField("self", on_delete=models.CASCADE, null=True, related_name="child")
    jti_hash = models.CharField(max_length=64)
    issued_at = models.DateTimeField(default=now, editable=False)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("refresh token")
        constraints = [UniqueConstraint(fields=["jti_hash"], name="users_refreshtoken_jti_unique")]

    def __str__(self) -> str:
        return str(self.id)


class Mail(models.Model):
    """A message that has to leave. Its text, which may hold a link that signs someone in, is sealed and then wiped."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(max_length=100)
    recipient = models.EmailField(max_length=254)
    sealed = models.TextField(blank=True)
    created_at = models.DateTimeField(default=now, editable=False)
    attempts = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(default=now)
    sent_at = models.DateTimeField(null=True)
    failed_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        ordering = ["-id"]
        indexes = [
            Index(
                fields=["due_at"],
                condition=Q(sent_at=None, failed_at=None),
                name="users_mail_due",
            )
        ]
        constraints = [
            CheckConstraint(
                condition=Q(sent_at=None) | Q(failed_at=None),
                name="users_mail_sent_or_failed",
            ),
            CheckConstraint(
                condition=Q(sent_at=None, failed_at=None) | Q(sealed=""),
                name="users_mail_wiped_when_done",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"
