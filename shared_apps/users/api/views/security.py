from dataclasses import asdict

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from core.api.authentication import ApiRequest
from core.api.permissions import SIGNED_IN
from core.api.views import ApiView
from core.api.viewsets import ListMixin, RetrieveMixin, RoomViewSet
from shared_apps.users.api.serializers import PolicySerializer, SignInOutput
from shared_apps.users.filters import SignInFilter
from shared_apps.users.models import SignIn
from shared_apps.users.selectors import sign_in_list
from shared_apps.users.services import sign_in_policy_change
from shared_apps.users.sign_in_policy import sign_in_policy


class SecurityView(ApiView):
    """The sign-in policy."""

    permission_actions = {"get": "security.view", "patch": "security.edit"}

    @extend_schema(responses=PolicySerializer)
    def get(self, request: ApiRequest) -> Response:
        """Read what is demanded."""
        return Response(PolicySerializer(asdict(sign_in_policy())).data)

    @extend_schema(request=PolicySerializer, responses=PolicySerializer)
    def patch(self, request: ApiRequest) -> Response:
        """Change some of it; it counts from the next request of every kind."""
        serializer = PolicySerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        row = sign_in_policy_change(actor=request.actor, **{**asdict(sign_in_policy()), **serializer.validated_data})
        return Response(PolicySerializer(row).data)


class SignInViewSet(ListMixin, RetrieveMixin, RoomViewSet):
    """Who signed in and who was refused, for half a year: your own, with `sign_ins.view` everybody's."""

    queryset = SignIn.objects.none()
    serializer_class = SignInOutput
    filterset_class = SignInFilter
    permission_actions = {"list": SIGNED_IN, "retrieve": SIGNED_IN}

    def get_queryset(self) -> QuerySet[SignIn]:
        return sign_in_list(self.request.actor)
