from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.response import Response
from rest_framework.serializers import Serializer

from core.api.authentication import ApiRequest
from core.api.permissions import PUBLIC
from core.api.views import ApiView
from shared_apps.signup.api.serializers import (
    AvailabilityOutput,
    BegunOutput,
    CodeInput,
    SignUpInput,
    SignUpOutput,
    SlugInput,
)
from shared_apps.signup.errors import SignUpClosed
from shared_apps.signup.models import SignUp
from shared_apps.signup.selectors import require_available, sign_up_is_open, sign_up_with
from shared_apps.signup.services import (
    Wish,
    code_resend,
    password_prepare,
    require_points,
    sign_up_begin,
    sign_up_confirm,
    sign_up_rename,
    sign_up_retry,
)
from shared_apps.tenants.errors import NameRefused

SECRET_HEADER = "Sign-Up-Secret"  # noqa: S105  a header's name
_needs_secret = extend_schema(
    parameters=[OpenApiParameter(SECRET_HEADER, location=OpenApiParameter.HEADER, required=True)]
)


class SignUpView(ApiView):
    """A step of somebody who has no account yet: few attempts, and no answer is kept anywhere."""

    authentication_classes = ()
    permission_actions = {"get": PUBLIC, "post": PUBLIC}
    rate_class = "auth"
    takes_idempotency_key = False

    def own(self, id: UUID) -> SignUp:
        """The sign-up whose secret the caller sends; raises NotFound."""
        return sign_up_with(id, self.request.headers.get(SECRET_HEADER, ""))

    def parsed(self, serializer_class: type[Serializer]) -> dict[str, Any]:
        """The validated body; raises ValidationError."""
        serializer = serializer_class(data=self.request.data)
        serializer.is_valid(raise_exception=True)
        return serializer.validated_data


class BeginView(SignUpView):
    """Sign-ups."""

    @extend_schema(request=SignUpInput, responses={201: BegunOutput})
    def post(self, request: ApiRequest) -> Response:
        """Begin to set up an organisation. A code goes to the administrator; nothing is made before it comes back."""
        if not sign_up_is_open():
            raise SignUpClosed
        data = self.parsed(SignUpInput)
        data["password"] = password_prepare(password=data["password"], email=data["email"], name=data["name"])
        begun = sign_up_begin(wish=Wish(**data), address=request.actor.address)
        return Response(BegunOutput(begun.sign_up, context={"secret": begun.secret}).data, status=201)


class AvailabilityView(SignUpView):
    """Whether a subdomain may be had."""

    rate_class = "default"
    query_parameters = ("slug",)

    @extend_schema(
        parameters=[OpenApiParameter("slug", required=True, description="The subdomain.")],
        responses=AvailabilityOutput,
    )
    def get(self, request: ApiRequest) -> Response:
        """Ask whether a subdomain is free. Nothing is kept for you by asking."""
        require_points("sign_up_lookup", address=request.actor.address)
        slug = request.query_params.get("slug", "")
        answer = {"slug": slug, "available": True, "code": "", "message": ""}
        try:
            answer["slug"] = require_available(slug)
        except NameRefused as error:
            answer |= {"available": False, "code": error.errors[0]["code"], "message": str(error)}
        return Response(AvailabilityOutput(answer).data)


class ProgressView(SignUpView):
    """One sign-up."""

    @_needs_secret
    @extend_schema(responses=SignUpOutput)
    def get(self, request: ApiRequest, id: UUID) -> Response:
        """How far a sign-up is. Ask again after a second, then less and less often."""
        return Response(SignUpOutput(self.own(id)).data)


class ConfirmView(SignUpView):
    """The code from the mail."""

    @_needs_secret
    @extend_schema(request=CodeInput, responses=SignUpOutput)
    def post(self, request: ApiRequest, id: UUID) -> Response:
        """Confirm the address, and have the organisation set up. After five wrong codes a new one is needed."""
        sign_up = sign_up_confirm(sign_up=self.own(id), address=request.actor.address, **self.parsed(CodeInput))
        return Response(SignUpOutput(sign_up).data)


class CodeView(SignUpView):
    """Another code."""

    @_needs_secret
    @extend_schema(request=None, responses=SignUpOutput)
    def post(self, request: ApiRequest, id: UUID) -> Response:
        """Send another code; the one before it no longer works."""
        return Response(SignUpOutput(code_resend(sign_up=self.own(id), address=request.actor.address)).data)


class SlugView(SignUpView):
    """Another subdomain."""

    @_needs_secret
    @extend_schema(request=SlugInput, responses=SignUpOutput)
    def post(self, request: ApiRequest, id: UUID) -> Response:
        """Choose another subdomain, as where the state is `naming`, because somebody else was faster."""
        sign_up = sign_up_rename(sign_up=self.own(id), address=request.actor.address, **self.parsed(SlugInput))
        return Response(SignUpOutput(sign_up).data)


class RetryView(SignUpView):
    """Another attempt."""

    @_needs_secret
    @extend_schema(request=None, responses=SignUpOutput)
    def post(self, request: ApiRequest, id: UUID) -> Response:
        """Try again to set up an organisation whose state is `failed`."""
        return Response(SignUpOutput(sign_up_retry(sign_up=self.own(id), address=request.actor.address)).data)
