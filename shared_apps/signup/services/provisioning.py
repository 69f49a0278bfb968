from uuid import UUID

import structlog

from core.actor import SYSTEM
from core.clock import now
from core.tenancy import atomic, directory, tenant_context
from core.tenancy.tasks import enqueue
from shared_apps.organisation.services import organisation_update
from shared_apps.signup.choices import SignUpState
from shared_apps.signup.errors import NothingToRetry
from shared_apps.signup.models import SignUp
from shared_apps.signup.selectors import sign_up_state, subdomain_url
from shared_apps.signup.services.limits import require_points
from shared_apps.tenants.services import tenant_provision
from shared_apps.users.services import handover_token, mail_queue

_logger = structlog.get_logger("signup")


def sign_up_provision(*, sign_up_id: UUID) -> SignUp:
    """Make the organisation of a confirmed sign-up usable and tell its owner; run again, it goes on where it stopped.

    Call it in the platform's context, outside of any transaction. Whatever goes wrong is kept for the person who
    waits, and raised.
    """
    sign_up = SignUp.objects.select_related("tenant").get(pk=sign_up_id)
    if sign_up.tenant is not None and sign_up_state(sign_up) in (SignUpState.PROVISIONING, SignUpState.FAILED):
        try:
            tenant_provision(tenant=sign_up.tenant)
            _tell_currency(sign_up)
        except Exception as error:
            _logger.error("provisioning_failed", sign_up=str(sign_up.pk), error=type(error).__name__)
            SignUp.objects.filter(pk=sign_up.pk).update(failed_at=now())
            raise
    return _welcome(sign_up)


def _tell_currency(sign_up: SignUp) -> None:
    """Give the organisation the currency that was chosen, unless its owner was there before and may have changed it."""
    if hand_over_token(sign_up=sign_up):
        with tenant_context(directory().by_uuid(UUID(str(sign_up.tenant_id)))):
            organisation_update(actor=SYSTEM, changes={"currency": sign_up.currency})


@atomic()
def _welcome(sign_up: SignUp) -> SignUp:
    locked = SignUp.objects.select_for_update(of=("self",)).select_related("tenant").get(pk=sign_up.pk)
    if sign_up_state(locked) != SignUpState.READY or locked.welcomed_at is not None:
        return locked
    locked.failed_at, locked.welcomed_at = None, now()
    locked.save(update_fields=["failed_at", "welcomed_at"])
    link = f"{subdomain_url(locked.slug)}/account/sign-in/"
    context = {"organisation": locked.organisation, "name": locked.name, "link": link}
    mail_queue(template="signup/mail/welcome", recipient=locked.email, context=context)
    return locked


@atomic()
def sign_up_retry(*, sign_up: SignUp, address: str | None) -> SignUp:
    """Let a worker try again what failed; raises NothingToRetry, SignUpLimited."""
    require_points("sign_up_code", address=address)
    locked = SignUp.objects.select_for_update(of=("self",)).select_related("tenant").get(pk=sign_up.pk)
    if sign_up_state(locked) != SignUpState.FAILED:
        raise NothingToRetry("Nothing has failed that could be tried again.")
    locked.failed_at = None
    locked.save(update_fields=["failed_at"])
    enqueue("signup.provision", locked.pk)
    return locked


def hand_over_token(*, sign_up: SignUp) -> str:
    """What signs the owner in once, on the organisation's own host; empty where they have been there already."""
    if sign_up.tenant_id is None:
        raise NothingToRetry("The organisation is not set up yet.")
    with tenant_context(directory().by_uuid(sign_up.tenant_id)):
        return handover_token(email=sign_up.email)
