from django.db.models import QuerySet
from django_filters import BooleanFilter, CharFilter
from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from core.api.authentication import ApiRequest
from core.api.filters import StrictFilterSet
from core.api.viewsets import ListMixin, RetrieveMixin, RoomViewSet, action
from shared_apps.users.api.serializers import (
    DisableInput,
    InvitationOutput,
    InviteInput,
    RolesInput,
    UserOutput,
)
from shared_apps.users.models import Invitation, User
from shared_apps.users.selectors import invitation_list, user_get, user_list
from shared_apps.users.services import (
    invitation_create,
    invitation_revoke,
    user_disable,
    user_enable,
    user_roles_change,
)


class UserFilters(StrictFilterSet):
    is_active = BooleanFilter()
    role = CharFilter(field_name="roles__code", label="The code of a role")

    class Meta:
        model = User
        fields = ["is_active", "role"]


class UserViewSet(ListMixin, RetrieveMixin, RoomViewSet):
    """People of this organisation."""

    serializer_class = UserOutput
    filterset_class = UserFilters
    search_fields = ("name", "email")
    ordering_fields = ("email", "date_joined")
    input_serializers = {"invite": InviteInput, "disable": DisableInput, "roles": RolesInput}
    permission_actions = {
        "list": "users.view",
        "retrieve": "users.view",
        "invite": "users.invite",
        "disable": "users.disable",
        "enable": "users.disable",
        "roles": "users.change_role",
    }

    def get_queryset(self) -> QuerySet[User]:
        return user_list()

    @extend_schema(responses={201: InvitationOutput})
    @action(detail=False, methods=["post"])
    def invite(self, request: ApiRequest) -> Response:
        """Send somebody a link that lets them in once, with a role that allows no more than you may do."""
        invitation = invitation_create(**self.parsed(), actor=request.actor)
        return Response(InvitationOutput(invitation).data, status=201)

    @action(detail=True, methods=["post"])
    def disable(self, request: ApiRequest, id: str) -> Response:
        """Shut a person out at once: sessions, tokens and API keys end."""
        user = user_disable(user=self.get_object(), actor=request.actor, **self.parsed())
        return self.answered(user_get(user.pk))

    @action(detail=True, methods=["post"])
    def enable(self, request: ApiRequest, id: str) -> Response:
        """Let a person sign in again."""
        user = self.get_object()
        self.parsed()
        return self.answered(user_get(user_enable(user=user, actor=request.actor).pk))

    @action(detail=True, methods=["post"])
    def roles(self, request: ApiRequest, id: str) -> Response:
        """Give a person exactly these roles; they have to sign in again, and their API keys end."""
        user = user_roles_change(user=self.get_object(), actor=request.actor, **self.parsed())
        return self.answered(user_get(user.pk))


class InvitationViewSet(ListMixin, RetrieveMixin, RoomViewSet):
    """Invitations, also those that were used or taken back. Send one with `POST users/invite/`."""

    serializer_class = InvitationOutput
    search_fields = ("email",)
    permission_actions = {"list": "users.invite", "retrieve": "users.invite", "revoke": "users.invite"}

    def get_queryset(self) -> QuerySet[Invitation]:
        return invitation_list()

    @action(detail=True, methods=["post"])
    def revoke(self, request: ApiRequest, id: str) -> Response:
        """Take an invitation back; its link is dead."""
        invitation = self.get_object()
        self.parsed()
        return self.answered(invitation_revoke(invitation=invitation, actor=request.actor))
