"""The first steps that have to do with people."""

from allauth.account.models import EmailAddress
from django.utils.translation import gettext_lazy as _

from core.actor import Actor
from core.web import onboarding
from shared_apps.users.models import ApiKey, Invitation
from shared_apps.users.selectors import has_second_factor


def register() -> None:
    """Register them in the order in which they are best done."""
    onboarding.register(
        "verify_address",
        title=_("Confirm your e-mail address"),
        text=_("So that nobody else can use it, and you get what concerns you."),
        act=_("Confirm it"),
        icon="mail",
        url_name="account_email",
        done=_has_confirmed,
        order=10,
    )
    onboarding.register(
        "invite_colleague",
        title=_("Invite a colleague"),
        text=_("Two administrators are better than one."),
        act=_("Invite somebody"),
        icon="user-plus",
        url_name="users:person_list",
        done=lambda actor: Invitation.objects.filter(revoked_at=None).exists(),
        action="users.invite",
        order=30,
    )
    onboarding.register(
        "second_factor",
        title=_("Turn on two-factor sign-in"),
        text=_("A stolen password then opens nothing."),
        act=_("Set it up"),
        icon="shield-check",
        url_name="mfa_index",
        done=lambda actor: actor.user is not None and has_second_factor(actor.user),
        order=40,
    )
    onboarding.register(
        "api_key",
        title=_("Make an API key"),
        text=_("For programs of yours that work with this site."),
        act=_("Make one"),
        icon="key-round",
        url_name="users:api_key_new",
        done=lambda actor: ApiKey.objects.exists(),
        action="api_keys.create",
        order=60,
        can_be_skipped=True,
    )


def _has_confirmed(actor: Actor) -> bool:
    return EmailAddress.objects.filter(user=actor.user, email=actor.user.email, verified=True).exists()
