from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from core.api.authentication import ApiRequest
from core.api.viewsets import ListMixin, RetrieveMixin, RoomViewSet, action
from shared_apps.users.api.serializers import (
    DisableInput,
    InvitationInput,
    InvitationOutput,
    InvitationsOutput,
    InviteInput,
    PersonOutput,
    ReasonInput,
    RolesInput,
)
from shared_apps.users.filters import InvitationFilter, PersonApiFilter
from shared_apps.users.models import Invitation, User
from shared_apps.users.selectors import invitation_list, person_list
from shared_apps.users.services import (
    invitation_create,
    invitation_resend,
    invitation_revoke,
    invitations_create,
    second_factor_reset,
    sign_out_everywhere,
    user_disable,
    user_enable,
    user_roles_change,
)


class UserViewSet(ListMixin, RetrieveMixin, RoomViewSet):
    """People of this organisation."""

    serializer_class = PersonOutput
    filterset_class = PersonApiFilter
    search_fields = ("name", "email")
    ordering_fields = ("email", "date_joined")
    input_serializers = {
        "invite": InviteInput,
        "disable": DisableInput,
        "roles": RolesInput,
        "reset_second_factor": ReasonInput,
    }
    permission_actions = {
        "list": "users.view",
        "retrieve": "users.view",
        "invite": "users.invite",
        "disable": "users.disable",
        "enable": "users.disable",
        "roles": "users.change_role",
        "sign_out": "users.sign_out",
        "reset_second_factor": "users.reset_second_factor",
    }

    def get_queryset(self) -> QuerySet[User]:
        return person_list()

    @extend_schema(responses={201: InvitationOutput})
    @action(detail=False, methods=["post"])
    def invite(self, request: ApiRequest) -> Response:
        """Send somebody a link that lets them in once, with a role that allows no more than you may do."""
        data = self.parsed()
        invitation = invitation_create(email=data["email"], roles=[data["role"]], actor=request.actor)
        return Response(InvitationOutput(invitation).data, status=201)

    @action(detail=True, methods=["post"])
    def disable(self, request: ApiRequest, id: str) -> Response:
        """Shut a person out at once: sessions, tokens and API keys end."""
        user = user_disable(user=self.get_object(), actor=request.actor, **self.parsed())
        return self.answered(self._now(user))

    @action(detail=True, methods=["post"])
    def enable(self, request: ApiRequest, id: str) -> Response:
        """Let a person sign in again."""
        user = self.get_object()
        self.parsed()
        return self.answered(self._now(user_enable(user=user, actor=request.actor)))

    @action(detail=True, methods=["post"])
    def roles(self, request: ApiRequest, id: str) -> Response:
        """Give a person exactly these roles; they have to sign in again, and their API keys end."""
        user = user_roles_change(user=self.get_object(), actor=request.actor, **self.parsed())
        return self.answered(self._now(user))

    @action(detail=True, methods=["post"], url_path="sign-out")
    def sign_out(self, request: ApiRequest, id: str) -> Response:
        """End every session, token and API key of a person."""
        user = self.get_object()
        self.parsed()
        return self.answered(self._now(sign_out_everywhere(user=user, actor=request.actor)))

    @action(detail=True, methods=["post"], url_path="reset-second-factor")
    def reset_second_factor(self, request: ApiRequest, id: str) -> Response:
        """Take a person's app, passkeys and recovery codes away, so that they can set up new ones."""
        user = second_factor_reset(user=self.get_object(), actor=request.actor, **self.parsed())
        return self.answered(self._now(user))

    def _now(self, user: User) -> User:
        return person_list().get(pk=user.pk)


class InvitationViewSet(ListMixin, RetrieveMixin, RoomViewSet):
    """Invitations, also those that were used or taken back."""

    serializer_class = InvitationOutput
    filterset_class = InvitationFilter
    search_fields = ("email",)
    input_serializers = {"create": InvitationInput}
    permission_actions = {
        "list": "users.invite",
        "retrieve": "users.invite",
        "create": "users.invite",
        "resend": "users.invite",
        "revoke": "users.invite",
    }

    def get_queryset(self) -> QuerySet[Invitation]:
        return invitation_list()

    @extend_schema(responses={201: InvitationsOutput})
    def create(self, request: ApiRequest) -> Response:
        """Send one or several people a link that lets each of them in once; all of them or none."""
        made = invitations_create(**self.parsed(), actor=request.actor)
        return Response({"results": InvitationOutput(made, many=True).data}, status=201)

    @action(detail=True, methods=["post"])
    def resend(self, request: ApiRequest, id: str) -> Response:
        """Send a new link that works for another week; the one sent before is dead."""
        invitation = self.get_object()
        self.parsed()
        return self.answered(invitation_resend(invitation=invitation, actor=request.actor))

    @action(detail=True, methods=["post"])
    def revoke(self, request: ApiRequest, id: str) -> Response:
        """Take an invitation back; its link is dead."""
        invitation = self.get_object()
        self.parsed()
        return self.answered(invitation_revoke(invitation=invitation, actor=request.actor))
