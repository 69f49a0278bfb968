from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Literal

from django.http import HttpRequest
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import NotAuthenticated
from rest_framework.request import Request

from core.actor import ANONYMOUS, Actor
from core.api.limiter import Spending
from core.api.problems import ensure_request_id
from core.web.requests import client_address, set_actor


@dataclass(frozen=True, slots=True)
class Credential:
    """What authentication found, `request.auth` in a view: who acts, and with what they proved it."""

    actor: Actor
    kind: Literal["session", "token", "api_key"]
    detail: Any = None


class ActorAuthentication(BaseAuthentication):
    """Base of the authentication classes: a subclass says whose credential a request carries.

    `scheme_name` and `scheme` describe it in OpenAPI (a Security Scheme Object).
    """

    scheme_name: ClassVar[str]
    scheme: ClassVar[Mapping[str, Any]]

    def identify(self, request: HttpRequest) -> Credential | None:
        """The credential, None where the request carries none of this kind.

        Raises AuthenticationFailed for one that is wrong, expired, revoked or another tenant's, always with one text.
        """
        raise NotImplementedError

    def authenticate(self, request: Request) -> tuple[Any, Credential] | None:
        """DRF's door to `identify`."""
        credential = self.identify(request._request)
        if credential is None:
            return None
        set_actor(request._request, credential.actor)
        return credential.actor.user, credential

    def authenticate_header(self, request: Request) -> str:
        """The challenge of a 401, the same for every class, so that it tells nothing."""
        return CHALLENGE


CHALLENGE = 'Bearer realm="api"'


class ApiRequest(Request):
    """DRF's request with the actor that its own authentication found, whatever the session of the browser says."""

    # What the actor has left of its limit, once a throttle has asked.
    spending: Spending | None = None

    @property
    def actor(self) -> Actor:
        """Who acts; anonymous, with its address, where no credential was sent."""
        credential = self.auth
        return credential.actor if isinstance(credential, Credential) else self._anonymous()

    @property
    def credential(self) -> Credential:
        """With what the actor proved who it is; raises NotAuthenticated where no credential was sent."""
        if not isinstance(self.auth, Credential):
            raise NotAuthenticated
        return self.auth

    def _not_authenticated(self) -> None:
        super()._not_authenticated()  # type: ignore[misc]  # DRF has it, its stubs do not
        set_actor(self._request, self._anonymous())

    def _anonymous(self) -> Actor:
        request = self._request
        return replace(ANONYMOUS, address=client_address(request), request_id=ensure_request_id(request))
