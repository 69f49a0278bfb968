from allauth.account.adapter import get_adapter
from allauth.mfa.base.internal.flows import check_rate_limit
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from rest_framework.exceptions import AuthenticationFailed, Throttled

from core.errors import PermissionRefused
from shared_apps.users.account_events import note
from shared_apps.users.choices import SignInReason
from shared_apps.users.emails import normalise_email
from shared_apps.users.models import User
from shared_apps.users.selectors import has_second_factor, user_is_verified
from shared_apps.users.services import confirmation_send, second_factor_use

_WAIT_SECONDS = 300


class WrongPassword(AuthenticationFailed):
    """Address and password do not belong together; also for a person who is disabled."""

    default_detail = "The e-mail address and password do not belong together."


class SecondFactorRequired(AuthenticationFailed):
    """The password was right, but alone it does not sign this person in."""

    default_code = "mfa_required"
    default_detail = "Send the same again with `totp`, or with `recovery_code`."


class SecondFactorWrong(AuthenticationFailed):
    """The code is wrong, has expired or was used."""

    default_code = "mfa_failed"
    default_detail = "The code is wrong, has expired, or was used already."


class EmailUnverified(PermissionRefused):
    """The person has not yet shown that the address is theirs."""

    code = "email_unverified"
    title = "Confirm your e-mail address first"
    message = "A mail with a link has been sent to you."


def signed_in_person(request: HttpRequest, *, email: str, password: str, totp: str, recovery_code: str) -> User:
    """The person with these credentials, under the same limits as the pages.

    Raises WrongPassword, SecondFactorRequired, SecondFactorWrong, EmailUnverified, Throttled.
    """
    user = _person(request, email, password)
    if has_second_factor(user):
        _require_code(request, user, totp, recovery_code)
    if not user_is_verified(user):
        confirmation_send(user=user)
        raise EmailUnverified
    return user


def _person(request: HttpRequest, email: str, password: str) -> User:
    try:
        address = normalise_email(email)
    except ValidationError:
        # Nobody has such an address; it is looked for all the same, and takes as long as any other.
        address = email
    try:
        user = get_adapter().authenticate(request, email=address, password=password)
    except ValidationError as error:
        raise Throttled(_WAIT_SECONDS) from error
    if user is None:
        raise WrongPassword
    if not user.is_active:
        note(request, email=user.email, user=user, reason=SignInReason.DISABLED)
        raise WrongPassword
    return user


def _require_code(request: HttpRequest, user: User, totp: str, recovery_code: str) -> None:
    if not totp and not recovery_code:
        raise SecondFactorRequired
    try:
        forgive = check_rate_limit(user)
    except ValidationError as error:
        raise Throttled(_WAIT_SECONDS) from error
    taken = (totp and second_factor_use(user=user, code=totp, kinds=("totp",))) or (
        recovery_code and second_factor_use(user=user, code=recovery_code, kinds=("recovery_codes",))
    )
    if not taken:
        note(request, email=user.email, user=user, reason=SignInReason.CODE)
        raise SecondFactorWrong
    forgive()
