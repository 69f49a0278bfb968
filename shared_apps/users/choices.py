from types import MappingProxyType
from uuid import UUID

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class TenantRole(TextChoices):
    """The roles that every tenant has from the start; the ids are in SYSTEM_ROLE_IDS."""

    TENANT_ADMIN = "tenant_admin", _("Administrator")
    FIRM_ADMIN = "firm_admin", _("Firm administrator")
    CFO = "cfo", _("Chief financial officer")
    ACCOUNTANT = "accountant", _("Accountant")
    STAFF = "staff", _("Staff")
    REVIEWER = "reviewer", _("Reviewer")
    MEMBER = "member", _("Member")


class PlatformRole(TextChoices):
    """The roles of the platform's own people."""

    PLATFORM_ADMIN = "platform_admin", _("Platform administrator")
    SUPPORT = "support", _("Support")


# The same in every schema, so that a role is the same row after a restore, a move or a merge of backups.
SYSTEM_ROLE_IDS = MappingProxyType(
    {
        TenantRole.TENANT_ADMIN: UUID("019a0000-0000-7000-8000-000000000001"),
        TenantRole.FIRM_ADMIN: UUID("019a0000-0000-7000-8000-000000000002"),
        TenantRole.CFO: UUID("019a0000-0000-7000-8000-000000000003"),
        TenantRole.ACCOUNTANT: UUID("019a0000-0000-7000-8000-000000000004"),
        TenantRole.STAFF: UUID("019a0000-0000-7000-8000-000000000005"),
        TenantRole.REVIEWER: UUID("019a0000-0000-7000-8000-000000000006"),
        TenantRole.MEMBER: UUID("019a0000-0000-7000-8000-000000000007"),
        PlatformRole.PLATFORM_ADMIN: UUID("019a0000-0000-7000-8000-000000000101"),
        PlatformRole.SUPPORT: UUID("019a0000-0000-7000-8000-000000000102"),
    }
)


class TwoFactorDemand(TextChoices):
    """Of whom a second factor is demanded."""

    NOBODY = "nobody", _("Nobody; everybody may set one up")
    ADMINISTRATORS = "administrators", _("Whoever manages people and roles")
    EVERYBODY = "everybody", _("Everybody")


class SignInReason(TextChoices):
    """Why a sign-in was refused; empty for one that succeeded."""

    PASSWORD = "password", _("Wrong password or unknown address")
    CODE = "code", _("Wrong code")
    DISABLED = "disabled", _("The person is disabled")


class FamilyEnd(TextChoices):
    """Why a chain of refresh tokens was ended."""

    SIGNED_OUT = "signed_out", _("Signed out")
    REUSED = "reused", _("A used token was presented again")
    REVOKED = "revoked", _("Ended by an administrator or from another device")
