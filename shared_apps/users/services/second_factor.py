from typing import Literal

from allauth.core.internal.cryptokit import compare_user_code
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from allauth.mfa.utils import decrypt

from core.tenancy import atomic
from shared_apps.users.models import User

CodeKind = Literal["totp", "recovery_codes"]
# The time step of the last code that was taken, kept beside the secret.
_LAST_STEP = "last_step"


@atomic()
def second_factor_use(
    *, user: User, code: str, kinds: tuple[CodeKind, ...] = ("totp", "recovery_codes")
) -> Authenticator | None:
    """Take a code of a person's authenticator app or one of their recovery codes; None for one that is wrong or used.

    The row is held while it is checked, and a time step is taken once (RFC 6238, section 5.2), so of two requests with
    one code one is refused.
    """
    found = Authenticator.objects.select_for_update().filter(user=user, type__in=kinds).order_by("-type")
    for authenticator in found:
        if _takes(authenticator, code):
            authenticator.record_usage()
            return authenticator
    return None


def _takes(authenticator: Authenticator, code: str) -> bool:
    taken = _takes_step if authenticator.type == Authenticator.Type.TOTP else _takes_recovery_code
    if not taken(authenticator, code):
        return False
    # Only this column: allauth writes all of them, which the role of a read-only tenant may not.
    authenticator.save(update_fields=["data"])
    return True


def _takes_step(authenticator: Authenticator, code: str) -> bool:
    secret, last = decrypt(authenticator.data["secret"]), authenticator.data.get(_LAST_STEP, -1)
    for step in yield_hotp_counters_from_time():
        if step > last and compare_user_code(actual=code, expected=format_hotp_value(hotp_value(secret, step))):
            authenticator.data[_LAST_STEP] = step
            return True
    return False


def _takes_recovery_code(authenticator: Authenticator, code: str) -> bool:
    used = authenticator.data["used_mask"]
    for index, expected in enumerate(authenticator.wrap().generate_codes()):
        if not used & 1 << index and compare_user_code(actual=code, expected=expected):
            authenticator.data["used_mask"] = used | 1 << index
            return True
    return False
