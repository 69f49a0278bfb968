from typing import Any
from uuid import UUID

from allauth.core import ratelimit
from django.contrib.auth import logout
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import NotAuthenticated, Throttled
from rest_framework.response import Response
from rest_framework.serializers import Serializer

from core.api.authentication import ApiRequest, Credential
from core.api.permissions import PUBLIC, SIGNED_IN
from core.api.views import ApiView
from core.clock import now
from core.tenancy import require_scope
from shared_apps.users import tokens
from shared_apps.users.actors import person_actor, person_of
from shared_apps.users.api.serializers import (
    LoginInput,
    LogoutInput,
    MeOutput,
    MessageOutput,
    RefreshInput,
    RegisterInput,
    TokenOutput,
)
from shared_apps.users.api.sign_in import signed_in_person
from shared_apps.users.links import site_name
from shared_apps.users.models import User
from shared_apps.users.selectors import user_get
from shared_apps.users.services import (
    TokenPair,
    registration_begin,
    token_family_end,
    token_issue,
    token_refresh,
)


class AuthView(ApiView):
    """A sign-in view: few attempts, none at all while they cannot be counted, and no answer is kept anywhere."""

    rate_class = "auth"
    takes_idempotency_key = False


class RegisterView(AuthView):
    """Become a member, where the organisation lets anybody in."""

    authentication_classes = ()
    permission_actions = {"post": PUBLIC}

    @extend_schema(request=RegisterInput, responses={202: MessageOutput})
    def post(self, request: ApiRequest) -> Response:
        """Register. Whether the address is known here is told by mail alone."""
        data = _parsed(RegisterInput, request)
        if not ratelimit.consume(request._request, action="signup"):
            raise Throttled(60)
        registration_begin(**data, address=request.actor.address)
        return Response({"detail": "A mail to this address says how to go on."}, status=202)


class LoginView(AuthView):
    """Sign in with e-mail address and password, and a second factor where the person has one."""

    authentication_classes = ()
    permission_actions = {"post": PUBLIC}

    @extend_schema(request=LoginInput, responses=TokenOutput)
    def post(self, request: ApiRequest) -> Response:
        """Get an access token for five minutes and a refresh token."""
        data = {"totp": "", "recovery_code": "", **_parsed(LoginInput, request)}
        user = signed_in_person(request._request, **data)
        actor = person_actor(user, address=request.actor.address, request_id=request.actor.request_id)
        pair = token_issue(user=user, actor=actor, user_agent=request.headers.get("User-Agent", ""))
        return Response(_written(pair))


class RefreshView(AuthView):
    """Exchange a refresh token."""

    authentication_classes = ()
    permission_actions = {"post": PUBLIC}

    @extend_schema(request=RefreshInput, responses=TokenOutput)
    def post(self, request: ApiRequest) -> Response:
        """Get the next pair. A refresh token that comes a second time ends all tokens that follow from its sign-in."""
        refresh = _parsed(RefreshInput, request)["refresh"]
        return Response(_written(token_refresh(refresh=refresh, address=request.actor.address)))


class LogoutView(AuthView):
    """Sign out."""

    permission_actions = {"post": PUBLIC}

    @extend_schema(request=LogoutInput, responses={204: None})
    def post(self, request: ApiRequest) -> Response:
        """End the sign-in of the access token in the header, of `refresh` in the body, or of the browser's session."""
        refresh = _parsed(LogoutInput, request).get("refresh")
        ended = self._end_own(request) | (refresh is not None and self._end_of(refresh, request))
        if not ended:
            raise NotAuthenticated
        return Response(status=204)

    def _end_own(self, request: ApiRequest) -> bool:
        credential = request.auth
        if not isinstance(credential, Credential) or credential.kind == "api_key":
            return False
        if credential.kind == "session":
            logout(request._request)
            return True
        return _end(credential.detail, person_of(request), request)

    def _end_of(self, refresh: str, request: ApiRequest) -> bool:
        claims = tokens.read(refresh, use="rt+jwt")
        return _end(claims.family, user_get(claims.user), request)


class MeView(ApiView):
    """Who you are here."""

    permission_actions = {"get": SIGNED_IN}

    @extend_schema(responses=MeOutput)
    def get(self, request: ApiRequest) -> Response:
        """The person of the credential, the organisation, and what the credential may do."""
        actor = request.actor
        return Response(
            MeOutput(
                {
                    "credential": request.credential.kind,
                    "site": _site(),
                    "user": actor.user,
                    "permissions": sorted(code for code in actor.permissions if actor.may(code)),
                }
            ).data
        )


def _site() -> dict[str, Any]:
    tenant = require_scope().tenant
    return {
        "kind": "tenant" if tenant else "platform",
        "id": tenant.uuid if tenant else None,
        "slug": tenant.slug if tenant else None,
        "name": site_name(),
    }


def _end(family: UUID, user: User, request: ApiRequest) -> bool:
    actor = person_actor(user, address=request.actor.address, request_id=request.actor.request_id)
    return token_family_end(family_id=family, user=user, actor=actor, signed_out=True)


def _parsed(serializer_class: type[Serializer], request: ApiRequest) -> dict[str, Any]:
    serializer = serializer_class(data=request.data)
    serializer.is_valid(raise_exception=True)
    return serializer.validated_data


def _written(pair: TokenPair) -> dict[str, Any]:
    return {
        "token_type": "Bearer",
        "access": pair.access,
        "expires_in": int((pair.access_expires_at - now()).total_seconds()),
        "refresh": pair.refresh,
        "refresh_expires_at": pair.refresh_expires_at,
    }
