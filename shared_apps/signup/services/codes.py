from datetime import timedelta
from math import ceil

from core.clock import now
from shared_apps.signup.codes import code_hash, new_code
from shared_apps.signup.errors import CodeTooSoon
from shared_apps.signup.models import SignUp
from shared_apps.users.services import mail_queue

LIFETIME = timedelta(minutes=10)
ATTEMPTS = 5
_EVERY = timedelta(seconds=60)
# With five attempts at each, a guesser finds one of forty thousand.
MOST_CODES = 5


def code_send(sign_up: SignUp) -> None:
    """Mail a new code in the caller's transaction; the one before it no longer works. Raises CodeTooSoon."""
    at = now()
    if sign_up.codes_sent >= MOST_CODES:
        raise CodeTooSoon("No more codes are sent for this sign-up. Begin again, and check the e-mail address.")
    wait = sign_up.code_sent_at + _EVERY - at
    if sign_up.codes_sent and wait > timedelta():
        raise CodeTooSoon(f"A code has just been sent. Ask again in {ceil(wait.total_seconds())} seconds.")
    code = new_code()
    sign_up.code_hash = code_hash(sign_up.pk, code)
    sign_up.code_sent_at, sign_up.code_expires_at = at, at + LIFETIME
    sign_up.codes_sent += 1
    sign_up.wrong_codes = 0
    sign_up.save()
    mail_queue(
        template="signup/mail/code",
        recipient=sign_up.email,
        context={
            "code": code,
            "organisation": sign_up.organisation,
            "name": sign_up.name,
            "minutes": LIFETIME.seconds // 60,
        },
    )
