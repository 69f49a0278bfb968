from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

from allauth.account.models import EmailAddress, EmailConfirmation

from core.actor import SYSTEM
from core.clock import now
from core.tenancy import atomic, require_scope
from shared_apps.users.choices import TenantRole
from shared_apps.users.emails import normalise_email
from shared_apps.users.errors import EmailTaken, RegistrationClosed
from shared_apps.users.links import public_page
from shared_apps.users.models import Mail, User
from shared_apps.users.services.mail import mail_queue
from shared_apps.users.services.people import user_create

# Nobody gets the same kind of mail more often because somebody else types their address.
_MAIL_EVERY = timedelta(minutes=3)


def registration_is_open() -> bool:
    """Whether anybody may become a member here: where the tenant says so, and never on the platform."""
    tenant = require_scope().tenant
    return tenant is not None and tenant.options.get("registration_open") is True


@atomic()
def registration_begin(*, email: str, name: str, password: str, address: str | None = None) -> None:
    """Take a registration; what follows is told by mail alone, so that nobody learns who has an account here.

    A new address gets a link that confirms it, a known one the advice to sign in. Both take the same time. Raises
    RegistrationClosed, PasswordRefused, ValidationError for what is no e-mail address.
    """
    if not registration_is_open():
        raise RegistrationClosed
    recipient = normalise_email(email)
    try:
        user = user_create(
            email=recipient,
            name=name,
            password=password,
            roles=[TenantRole.MEMBER.value],
            verified=False,
            actor=replace(SYSTEM, label="Registration", address=address),
        )
    except EmailTaken:
        context = {"password_reset_url": public_page("account_reset_password")}
        _tell(recipient, "account/email/account_already_exists", context)
    else:
        confirmation_send(user=user)


@atomic()
def confirmation_send(*, user: User) -> None:
    """Send a link that confirms a person's address, unless one has just been sent."""
    address = EmailAddress.objects.get(user=user, email=user.email)
    confirmation = EmailConfirmation.create(address)
    confirmation.sent = now()
    confirmation.save(update_fields=["sent"])
    link = public_page("account_confirm_email", confirmation.key)
    _tell(user.email, "account/email/email_confirmation_signup", {"user": user, "activate_url": link})


def _tell(recipient: str, template: str, context: Mapping[str, object]) -> None:
    just_sent = Mail.objects.filter(recipient=recipient, kind=template, created_at__gt=now() - _MAIL_EVERY)
    if not just_sent.exists():
        mail_queue(template=template, recipient=recipient, context=context)
