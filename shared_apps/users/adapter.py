import time
from collections.abc import Mapping
from io import BytesIO
from typing import Any

import qrcode
import structlog
from allauth.account import app_settings as account_settings
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows.login import get_authentication_records
from allauth.mfa.adapter import DefaultMFAAdapter
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.utils.http import url_has_allowed_host_and_scheme
from qrcode.image.svg import SvgPathFillImage

from core.actor import SYSTEM
from core.secrets import seal, unseal
from core.tenancy.hosts import normalise_host
from core.web import actor_of, client_address
from shared_apps.users.account_events import note
from shared_apps.users.choices import SignInReason
from shared_apps.users.emails import normalise_email
from shared_apps.users.links import public_url, site_name
from shared_apps.users.models import User
from shared_apps.users.services import mail_queue, password_set, unclaimed_discard

_SEALED_IN = "mfa_authenticator.data"
_logger = structlog.get_logger("sign_in")


def display_name(user: User) -> str:
    """What allauth's pages call a person."""
    return str(user)


class AccountAdapter(DefaultAccountAdapter):
    """Binds allauth's flows to the tenant: its mails, its links, its limits, its people."""

    def clean_email(self, email: str) -> str:
        return normalise_email(email)

    def confirm_email(self, request: HttpRequest, email_address: Any) -> bool:
        """Whoever shows that an address is theirs takes it from a registration that never did."""
        unclaimed_discard(email=email_address.email, keep=email_address.user)
        return super().confirm_email(request, email_address)

    def set_password(self, user: User, password: str) -> None:
        """Called by allauth for a change and for a reset; `user` keeps its session if it changes its own."""
        actor = actor_of(self.request)
        password_set(user=user, password=password, actor=actor if actor.user is not None else SYSTEM)

    def send_mail(self, template_prefix: str, email: str, context: Mapping[str, Any]) -> None:
        """Queue a mail; whatever host the request named, its links name the stored one."""
        links = {name: public_url(value) for name, value in context.items() if name.endswith("_url")}
        shown = {name: value for name, value in context.items() if name != "request"}
        mail_queue(template=template_prefix, recipient=email, context={**shown, **links})

    def get_client_ip(self, request: HttpRequest) -> str:
        """The caller's address; limits need one, so without one nobody signs in."""
        address = client_address(request)
        if address is None:
            raise PermissionDenied("The address of the caller is unknown.")
        return address

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        # Without the host, which the caller could vary by its port to start each count anew.
        return str(credentials.get("email", "")).strip().lower()

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        email = str(credentials.get("email", ""))
        _logger.warning("sign_in_failed", address=client_address(request), email=email)
        note(request, email=email, reason=SignInReason.PASSWORD)

    def respond_user_inactive(self, request: HttpRequest, user: Any) -> HttpResponse:
        """A disabled person with the right password is told so, and their sign-in stands in the history."""
        note(request, email=user.email, user=user, reason=SignInReason.DISABLED)
        return super().respond_user_inactive(request, user)

    def is_ajax(self, request: HttpRequest) -> bool:
        """Only the passkey script asks for JSON; every other page is a page whatever the caller accepts."""
        match = request.resolver_match
        return match is not None and match.view_name == "mfa_login_webauthn" and super().is_ajax(request)

    def is_safe_url(self, url: str) -> bool:
        """Whether a redirect stays here: a path, and no other host at all."""
        return url_has_allowed_host_and_scheme(url, allowed_hosts=None)

    def is_reauthentication_required(self, *, app: str, **options: Any) -> bool:
        """Whether the password has to be asked again: not where this session has just signed in."""
        if not super().is_reauthentication_required(app=app, **options):
            return False
        records = get_authentication_records(self.request, self.request.user)
        newest = max((record["at"] for record in records), default=0)
        return time.time() - newest >= account_settings.REAUTHENTICATION_TIMEOUT


class SecondFactorAdapter(DefaultMFAAdapter):
    """Names the organisation to authenticator apps and passkeys, and keeps their secrets sealed."""

    def encrypt(self, text: str) -> str:
        return seal(text, field=_SEALED_IN)

    def decrypt(self, encrypted_text: str) -> str:
        return unseal(encrypted_text, field=_SEALED_IN)

    def get_totp_issuer(self) -> str:
        return site_name()

    def build_totp_svg(self, url: str) -> str:
        """The picture of an app's secret on white, so that it can be scanned from a dark page too."""
        picture = BytesIO()
        qrcode.make(url, image_factory=SvgPathFillImage).save(picture)
        return picture.getvalue().decode()

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        """A passkey belongs to the host that it was made on, and so to one organisation."""
        host = normalise_host(self.request.get_host())
        return {"id": host or "", "name": site_name()}
