from typing import Literal

from allauth.core.internal.cryptokit import compare_user_code
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from allauth.mfa.utils import decrypt

from core.actor import Actor
from core.clock import now
from core.events import emit
from core.tenancy import atomic
from shared_apps.trail.services import trail_record
from shared_apps.users.errors import NoSecondFactor, OwnSecondFactor
from shared_apps.users.links import public_page
from shared_apps.users.models import User
from shared_apps.users.services.mail import mail_queue
from shared_apps.users.services.people import locked, raise_credential_version

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


@atomic()
def second_factor_reset(*, user: User, reason: str, actor: Actor) -> User:
    """Take away a person's authenticator app, passkeys and recovery codes, so that they can set up new ones.

    Everything of theirs is signed out, and a mail tells them. Raises OwnSecondFactor, NoSecondFactor.
    """
    if actor.user is not None and actor.user.pk == user.pk:
        raise OwnSecondFactor
    row = locked(user)
    factors = list(Authenticator.objects.select_for_update().filter(user=row))
    if not factors:
        raise NoSecondFactor
    Authenticator.objects.filter(pk__in=[factor.pk for factor in factors]).delete()
    raise_credential_version(row)
    kinds = sorted({factor.type for factor in factors})
    changes = {"kinds": {"from": kinds, "to": []}}
    trail_record(actor=actor, action="users.reset_second_factor", obj=row, summary=reason, changes=changes)
    emit(kind="users.second_factor_reset", subject_id=row.pk)
    mail_queue(
        template="users/mail/second_factor_reset",
        recipient=row.email,
        context={
            "administrator": actor.label,
            "reason": reason,
            "timestamp": now(),
            "link": public_page("mfa_index"),
        },
    )
    return row


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
