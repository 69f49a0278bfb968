from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import CsrfViewMiddleware
from rest_framework.exceptions import AuthenticationFailed, PermissionDenied

from core.api.authentication import ActorAuthentication, Credential
from core.web import client_address, request_id_of
from shared_apps.users import tokens
from shared_apps.users.actors import key_actor, person_actor
from shared_apps.users.credentials import API_KEY_PREFIX, parse_api_key
from shared_apps.users.selectors import api_key_with, token_family_with
from shared_apps.users.services import api_key_note_use
from shared_apps.users.sign_in_policy import session_is_over
from shared_apps.users.tokens import TokenInvalid

_REFUSED = "The credentials are not valid."


class TokenAuthentication(ActorAuthentication):
    """`Authorization: Bearer <access token>`. The token is verified before anybody is looked up."""

    scheme_name = "accessToken"
    scheme = {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "An access token of `POST auth/login/`, good for five minutes and for this organisation.",
    }

    def identify(self, request: HttpRequest) -> Credential | None:
        """The person of an access token; raises AuthenticationFailed."""
        text = bearer(request)
        if text is None or text.startswith(API_KEY_PREFIX):
            return None
        try:
            claims = tokens.read(text, use="at+jwt")
        except TokenInvalid as error:
            raise AuthenticationFailed(_REFUSED) from error
        family = token_family_with(claims)
        if family is None:
            raise AuthenticationFailed(_REFUSED)
        actor = person_actor(family.user, address=client_address(request), request_id=request_id_of(request) or None)
        return Credential(actor, "token", family.pk)


class ApiKeyAuthentication(ActorAuthentication):
    """`Authorization: Bearer lvk_…`: one header for both, so that a key travels only where logs expect a secret."""

    scheme_name = "apiKey"
    scheme = {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "lvk_…",
        "description": "An API key, made in the pages or by `POST api-keys/`; it acts as its owner within its scopes.",
    }

    def identify(self, request: HttpRequest) -> Credential | None:
        """The owner of an API key, limited by its scopes; raises AuthenticationFailed."""
        text = bearer(request)
        if text is None or not text.startswith(API_KEY_PREFIX):
            return None
        parts = parse_api_key(text)
        key = api_key_with(parts.public_id, parts.secret) if parts else None
        if key is None:
            raise AuthenticationFailed(_REFUSED)
        api_key_note_use(key=key)
        actor = key_actor(key, address=client_address(request), request_id=request_id_of(request) or None)
        return Credential(actor, "api_key", key.pk)


class SessionAuthentication(ActorAuthentication):
    """The browser's session, for our own pages; every write carries the CSRF token."""

    scheme_name = "session"
    scheme = {
        "type": "apiKey",
        "in": "cookie",
        "name": "sessionid",
        "description": "The session of the pages. A write also sends the CSRF token as `X-CSRFToken`.",
    }

    def identify(self, request: HttpRequest) -> Credential | None:
        """The person who is signed in here; raises PermissionDenied for a write without the CSRF token."""
        user = request.user
        if not user.is_authenticated or session_is_over(request):
            return None
        _require_csrf_token(request)
        actor = person_actor(user, address=client_address(request), request_id=request_id_of(request) or None)
        return Credential(actor, "session", request.session.session_key)


class _CsrfCheck(CsrfViewMiddleware):
    def _reject(self, request: HttpRequest, reason: str) -> str:
        return reason


def _require_csrf_token(request: HttpRequest) -> None:
    check = _CsrfCheck(_no_view)
    check.process_request(request)
    reason = check.process_view(request, _no_view, (), {})
    if reason:
        raise PermissionDenied(f"The CSRF token is missing or wrong: {reason}")


def _no_view(request: HttpRequest) -> HttpResponse:
    """Stands where the check wants a view; it asks only whether that is exempt."""
    return HttpResponse()


def bearer(request: HttpRequest) -> str | None:
    """The credential of an `Authorization: Bearer` header (RFC 6750), None where there is no such header.

    Raises AuthenticationFailed for a header that names another scheme or holds more than one credential.
    """
    header = request.headers.get("Authorization")
    if header is None:
        return None
    scheme, _, credential = header.partition(" ")
    if scheme.lower() != "bearer" or not credential or not credential.isascii() or " " in credential:
        raise AuthenticationFailed(_REFUSED)
    return credential
