from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import (
    TOTP,
    format_hotp_value,
    generate_totp_secret,
    hotp_value,
    yield_hotp_counters_from_time,
)
from allauth.mfa.utils import decrypt

from shared_apps.users.models import User


def make_app(user: User) -> Authenticator:
    """An authenticator app of this person."""
    return TOTP.activate(user, generate_totp_secret()).instance


def make_recovery_codes(user: User) -> list[str]:
    """This person's recovery codes."""
    return RecoveryCodes.activate(user).get_unused_codes()


def code_of(app: Authenticator, *, steps: int = 0) -> str:
    """What the app shows, `steps` of 30 seconds from now."""
    _, now, _ = yield_hotp_counters_from_time()
    return format_hotp_value(hotp_value(decrypt(app.data["secret"]), now + steps))
