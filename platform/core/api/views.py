import hashlib
from collections.abc import Collection, Iterator, Mapping
from typing import Any, ClassVar, cast

from django.http import HttpRequest, HttpResponse, QueryDict
from rest_framework.exceptions import AuthenticationFailed, MethodNotAllowed, Throttled
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core.api.authentication import CHALLENGE, ApiRequest
from core.api.filters import refuse_unknown_parameters
from core.api.idempotency import IdempotencyKey, answer_once, fingerprint_of, read_key
from core.api.limiter import address_block, spend
from core.api.permissions import require_action
from core.api.problems import stamp

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


class ApiView(APIView):
    """What every view of the API does around its handler; a plain one has methods `get`, `post`, …

    `permission_actions` maps a viewset's actions, or a plain view's methods in lower case, to registered actions or to
    PUBLIC or SIGNED_IN. A write takes an Idempotency-Key unless `takes_idempotency_key` is off, and is refused without
    one where `idempotency_required`. `rate_class` names a limit of RATE_LIMITS, `rate_cost` is points, also by action.
    """

    request: ApiRequest
    permission_actions: ClassVar[Mapping[str, str]] = {}
    takes_idempotency_key: ClassVar[bool] = True
    idempotency_required: ClassVar[bool] = False
    rate_class: ClassVar[str] = "default"
    rate_cost: ClassVar[int | Mapping[str, int]] = 1
    query_parameters: ClassVar[Collection[str]] = ()
    http_method_names = ["get", "head", "post", "put", "patch", "delete"]

    def initialize_request(self, request: HttpRequest, *args: Any, **kwargs: Any) -> ApiRequest:
        """Wrap the request so that it knows its actor."""
        plain = super().initialize_request(request, *args, **kwargs)
        return ApiRequest(
            request,
            parsers=plain.parsers,
            authenticators=self.get_authenticators(),
            negotiator=plain.negotiator,
            parser_context=plain.parser_context,
        )

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Answer a request; the body is rendered here, so that a failing rendering is an error like any other."""
        self.args, self.kwargs = args, kwargs
        self.request = self.initialize_request(request, *args, **kwargs)
        self.headers = self.default_response_headers
        try:
            self.initial(self.request, *args, **kwargs)
            response = self._answer()
        except Exception as error:  # noqa: BLE001  whatever it is, the answer is a problem
            response = self.finalize_response(self.request, self.handle_exception(error), *args, **kwargs)
        if self.request.spending is not None:
            for name, value in self.request.spending.headers.items():
                response[name] = value
        return stamp(request, response)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Everything that may refuse a request before its handler runs, the cheap and the anonymous first."""
        self.format_kwarg = None
        request.version = request.versioning_scheme = None
        request.accepted_renderer, request.accepted_media_type = self.perform_content_negotiation(request)
        self.perform_authentication(request)
        self.check_throttles(request)
        self.check_permissions(request)
        refuse_unknown_parameters(request.query_params, self.get_query_parameters())
        if request.method not in SAFE_METHODS:
            # Read here, so that a body that nobody needs is refused as well when it is malformed or of another type.
            _ = request.data

    def perform_authentication(self, request: Request) -> None:
        """Authenticate; wrong credentials are counted against the address that sends them."""
        try:
            super().perform_authentication(request)
        except AuthenticationFailed as error:
            spending = spend("failed_credentials", f"address:{address_block(self.request.actor.address)}")
            if spending is not None and not spending.allowed:
                raise Throttled(spending.retry_after) from error
            raise

    def check_permissions(self, request: Request) -> None:
        """Ask about the action before any object is looked up; raises NotAuthenticated, PermissionRefused."""
        require_action(self.permission_actions, self.get_action(), self.request.actor)

    def check_object_permissions(self, request: Request, obj: Any) -> None:
        """Ask about the action again, now for the object."""
        require_action(self.permission_actions, self.get_action(), self.request.actor, obj)

    def get_action(self) -> str:
        """The viewset's action or the plain view's method; raises MethodNotAllowed where there is no handler."""
        method = (self.request.method or "").lower()
        name = getattr(self, "action", None) if hasattr(self, "action_map") else {"head": "get"}.get(method, method)
        if name is None or not hasattr(self, name) or method not in self.http_method_names:
            raise MethodNotAllowed(method.upper())
        return name

    def get_rate_class(self) -> str:
        """The limit that counts this request."""
        return self.rate_class

    def get_rate_cost(self) -> int:
        """How many points this request costs."""
        if isinstance(self.rate_cost, int):
            return self.rate_cost
        return self.rate_cost.get(self.get_action(), 1)

    def get_query_parameters(self) -> dict[str, bool]:
        """The query parameters that this request may have, and whether each may be repeated."""
        return dict.fromkeys(self.query_parameters, False)

    def get_authenticate_header(self, request: Request) -> str:
        """The challenge of a 401, also where the session is tried first."""
        return CHALLENGE

    def _answer(self) -> HttpResponse:
        key = self._idempotency_key()
        if key is None:
            return self._handle()
        form = _form_parts(self.request) if self.request.content_type.startswith("multipart/") else None
        return answer_once(key, fingerprint=fingerprint_of(self.request._request, form=form), work=self._handle)

    def _idempotency_key(self) -> IdempotencyKey | None:
        if self.request.method in SAFE_METHODS or not self.takes_idempotency_key:
            return None
        return read_key(self.request._request, self.request.actor, required=self.idempotency_required)

    def _handle(self) -> HttpResponse:
        handler = getattr(self, (self.request.method or "").lower())
        response = handler(self.request, *self.args, **self.kwargs)
        response = self.finalize_response(self.request, response, *self.args, **self.kwargs)
        return response.render() if isinstance(response, Response) else response


def _form_parts(request: Request) -> Iterator[bytes]:
    """What a form says, without the boundary that the sender makes up anew for every attempt."""
    for name, values in sorted(cast(QueryDict, request.data).lists()):
        if name not in request.FILES:
            for value in values:
                yield f"{name}={value}".encode()
    for name, files in sorted(request.FILES.lists()):
        for file in files:
            digest = hashlib.sha256()
            for chunk in file.chunks():
                digest.update(chunk)
            file.seek(0)
            yield f"{name}={file.name};{file.content_type};{digest.hexdigest()}".encode()
