from hmac import compare_digest

from core.actor import Actor
from core.clock import now
from core.events import emit
from core.tenancy import atomic
from core.tenancy.tasks import enqueue
from shared_apps.signup.codes import code_hash
from shared_apps.signup.errors import CodeSpent, CodeWrong, NothingToRetry
from shared_apps.signup.models import SignUp
from shared_apps.signup.services.codes import ATTEMPTS, code_send
from shared_apps.signup.services.holding import slug_hold
from shared_apps.signup.services.limits import require_points
from shared_apps.tenants.services import Owner, tenant_request
from shared_apps.trail.services import trail_record


def code_resend(*, sign_up: SignUp, address: str | None) -> SignUp:
    """Mail another code; raises CodeTooSoon, SignUpLimited. Where the address is confirmed already nothing is sent."""
    require_points("sign_up_code", address=address)
    with atomic():
        locked = _locked(sign_up)
        if locked.email_confirmed_at is None:
            code_send(locked)
            require_points("sign_up_mail", email=locked.email)
    return locked


def sign_up_confirm(*, sign_up: SignUp, code: str, address: str | None) -> SignUp:
    """Take the code from the mail, and found the organisation; doing it again changes nothing.

    Raises CodeWrong, CodeSpent, SignUpLimited, and NameRefused where the subdomain was lost to somebody else: then the
    address stays confirmed, and `sign_up_rename` goes on.
    """
    require_points("sign_up_code", address=address)
    refusal = _confirm_email(sign_up, code)
    # A wrong code is counted in a transaction of its own, which the refusal must not undo.
    if refusal is not None:
        raise refusal
    return _found(sign_up, address)


def sign_up_rename(*, sign_up: SignUp, slug: str, address: str | None) -> SignUp:
    """Take another subdomain while there is no organisation, and found it if the address is confirmed.

    Raises NameRefused, NothingToRetry, SignUpLimited; nothing is changed then.
    """
    require_points("sign_up_code", address=address)
    with atomic():
        locked = _locked(sign_up)
        if locked.tenant_id is not None:
            raise NothingToRetry("The organisation has its subdomain already.")
        slug_hold(locked, slug)
        return _found(locked, address) if locked.email_confirmed_at else locked


@atomic()
def _confirm_email(sign_up: SignUp, code: str) -> CodeWrong | CodeSpent | None:
    locked = _locked(sign_up)
    if locked.email_confirmed_at is not None:
        return None
    if locked.wrong_codes >= ATTEMPTS or locked.code_expires_at <= now():
        return CodeSpent()
    if not compare_digest(locked.code_hash, code_hash(locked.pk, "".join(code.split()))):
        locked.wrong_codes += 1
        locked.save(update_fields=["wrong_codes"])
        return _wrong(ATTEMPTS - locked.wrong_codes)
    locked.email_confirmed_at, locked.code_hash = now(), ""
    locked.save(update_fields=["email_confirmed_at", "code_hash"])
    return None


def _wrong(left: int) -> CodeWrong | CodeSpent:
    if left < 1:
        return CodeSpent("This was not the code, and it no longer works. Ask for a new one.")
    return CodeWrong(f"This is not the code. You have {left} more {'attempt' if left == 1 else 'attempts'}.")


@atomic()
def _found(sign_up: SignUp, address: str | None) -> SignUp:
    locked = _locked(sign_up)
    if locked.tenant_id is not None:
        return locked
    # The hold may have run out while the mail was on its way.
    slug_hold(locked, locked.slug)
    actor = Actor(kind="anonymous", id=str(locked.pk), label=f"{locked.name} <{locked.email}>", address=address)
    tenant = tenant_request(
        slug=locked.slug,
        name=locked.organisation,
        owner=Owner(email=locked.email, name=locked.name, password=locked.password),
        actor=actor,
        options={"locale": locked.locale, "time_zone": locked.time_zone, "currency": locked.currency},
    )
    locked.tenant, locked.password, locked.held, locked.held_until = tenant, "", None, None
    locked.save()
    trail_record(
        actor=actor,
        action="signup.confirm",
        obj=locked,
        summary=f"Subdomain {locked.slug}",
        changes={"email": locked.email, "tenant": str(tenant.pk), "terms_accepted_at": locked.terms_accepted_at},
    )
    emit(kind="signup.confirmed", subject_id=locked.pk, payload={"tenant": str(tenant.pk)})
    enqueue("signup.provision", locked.pk)
    return locked


def _locked(sign_up: SignUp) -> SignUp:
    return SignUp.objects.select_for_update(of=("self",)).select_related("tenant").get(pk=sign_up.pk)
