from rest_framework import serializers

from core.api.fields import ExactIntegerField
from core.api.serializers import StrictModelSerializer, StrictSerializer
from shared_apps.users.choices import TwoFactorDemand
from shared_apps.users.forms.people import MOST_INVITED
from shared_apps.users.models import ApiKey, Invitation, Role, SignIn, User
from shared_apps.users.selectors import role_permissions
from shared_apps.users.services.policy import MOST_SESSION_HOURS

_LONGEST_PASSWORD = 1024
_LONGEST_TOKEN = 2000


class RegisterInput(StrictSerializer):
    email = serializers.CharField(max_length=254)
    name = serializers.CharField(max_length=150)
    password = serializers.CharField(max_length=_LONGEST_PASSWORD, trim_whitespace=False, write_only=True)


class LoginInput(StrictSerializer):
    """`totp` or `recovery_code` is needed by people with a second factor; without it the answer is `mfa_required`."""

    email = serializers.CharField(max_length=254)
    password = serializers.CharField(max_length=_LONGEST_PASSWORD, trim_whitespace=False, write_only=True)
    totp = serializers.CharField(max_length=20, required=False, write_only=True)
    recovery_code = serializers.CharField(max_length=40, required=False, write_only=True)


class RefreshInput(StrictSerializer):
    refresh = serializers.CharField(max_length=_LONGEST_TOKEN)


class LogoutInput(StrictSerializer):
    refresh = serializers.CharField(max_length=_LONGEST_TOKEN, required=False)


class MessageOutput(StrictSerializer):
    detail = serializers.CharField()


class TokenOutput(StrictSerializer):
    """Send `access` as `Authorization: Bearer …`; exchange `refresh`, which works once, before `expires_in` seconds."""

    token_type = serializers.CharField(default="Bearer")
    access = serializers.CharField()
    expires_in = serializers.IntegerField()
    refresh = serializers.CharField()
    refresh_expires_at = serializers.DateTimeField()


class SiteOutput(StrictSerializer):
    kind = serializers.ChoiceField(choices=["tenant", "platform"])
    id = serializers.UUIDField(allow_null=True)
    slug = serializers.CharField(allow_null=True)
    name = serializers.CharField()


class UserOutput(StrictModelSerializer):
    roles: serializers.SlugRelatedField[Role] = serializers.SlugRelatedField(
        slug_field="code", many=True, read_only=True
    )

    class Meta:
        model = User
        fields = ["id", "email", "name", "is_active", "language", "time_zone", "roles", "date_joined", "last_login"]


class PersonOutput(UserOutput):
    second_factor = serializers.BooleanField(
        read_only=True, help_text="Whether a password alone does not sign this person in."
    )

    class Meta(UserOutput.Meta):
        fields = [*UserOutput.Meta.fields, "second_factor"]


class MeOutput(StrictSerializer):
    """Who the credential is, where it works and what it may do there."""

    credential = serializers.ChoiceField(choices=["session", "token", "api_key"])
    site = SiteOutput()
    user = UserOutput()
    permissions = serializers.ListField(child=serializers.CharField())


class InviteInput(StrictSerializer):
    email = serializers.CharField(max_length=254)
    role = serializers.CharField(max_length=50)


class InvitationInput(StrictSerializer):
    """One or several addresses, and the roles by code that each of them gets."""

    emails = serializers.ListField(child=serializers.CharField(max_length=254), min_length=1, max_length=MOST_INVITED)
    roles = serializers.ListField(child=serializers.CharField(max_length=50), min_length=1, max_length=50)


class RolesInput(StrictSerializer):
    """The codes of all roles that the person shall have from now on."""

    roles = serializers.ListField(child=serializers.CharField(max_length=50), max_length=50)


class DisableInput(StrictSerializer):
    reason = serializers.CharField(max_length=500, required=False, default="", allow_blank=True)


class ReasonInput(StrictSerializer):
    reason = serializers.CharField(max_length=500)


class RoleInput(StrictSerializer):
    """`permissions` are codes of actions, none beyond your own."""

    name = serializers.CharField(max_length=100)
    permissions = serializers.ListField(child=serializers.CharField(max_length=100), max_length=500)


class RoleOutput(StrictModelSerializer):
    permissions = serializers.SerializerMethodField()

    class Meta:
        model = Role
        fields = ["id", "code", "name", "is_system", "permissions"]

    def get_permissions(self, role: Role) -> list[str]:
        """The actions that the role allows."""
        return sorted(role_permissions(role))


class InvitationOutput(StrictModelSerializer):
    roles: serializers.SlugRelatedField[Role] = serializers.SlugRelatedField(
        slug_field="code", many=True, read_only=True
    )
    state = serializers.CharField(read_only=True, help_text="`open`, `accepted`, `revoked` or `expired`.")

    class Meta:
        model = Invitation
        fields = [
            "id",
            "email",
            "roles",
            "state",
            "invited_by",
            "created_at",
            "expires_at",
            "accepted_at",
            "revoked_at",
        ]


class InvitationsOutput(StrictSerializer):
    results = InvitationOutput(many=True)


class ApiKeyOutput(StrictModelSerializer):
    hint = serializers.CharField(read_only=True)
    state = serializers.CharField(
        read_only=True,
        help_text="`active`, `expired`, `revoked`, or `ended` since its owner was disabled or changed.",
    )

    class Meta:
        model = ApiKey
        fields = [
            "id",
            "name",
            "hint",
            "owner",
            "scopes",
            "state",
            "created_at",
            "expires_at",
            "last_used_at",
            "revoked_at",
        ]


class ApiKeyInput(StrictSerializer):
    """`scopes` are codes of actions; null lets the key do all that its owner may."""

    name = serializers.CharField(max_length=100)
    scopes = serializers.ListField(
        child=serializers.CharField(max_length=100), max_length=200, allow_null=True, allow_empty=False
    )
    expires_at = serializers.DateTimeField(required=False, allow_null=True, default=None)


class RotateInput(StrictSerializer):
    """For how many hours the old key still works, a week at most."""

    overlap_hours = ExactIntegerField(min_value=0, max_value=168, required=False, default=0)


class NewApiKeyOutput(ApiKeyOutput):
    """The only answer that ever holds the key."""

    key = serializers.CharField(read_only=True)

    class Meta(ApiKeyOutput.Meta):
        fields = [*ApiKeyOutput.Meta.fields, "key"]


class PolicySerializer(StrictSerializer):
    """What is demanded of everybody who signs in. `session_hours` null leaves it to the browser, two weeks at most."""

    two_factor = serializers.ChoiceField(choices=TwoFactorDemand.choices, required=False)
    grace_until = serializers.DateField(
        required=False, allow_null=True, help_text="The last day on which people may still do without."
    )
    session_hours = ExactIntegerField(required=False, allow_null=True, min_value=1, max_value=MOST_SESSION_HOURS)


class SignInOutput(StrictModelSerializer):
    class Meta:
        model = SignIn
        fields = ["id", "at", "user", "email", "succeeded", "method", "reason", "address", "user_agent"]


class DeviceOutput(StrictSerializer):
    id = serializers.UUIDField()
    kind = serializers.ChoiceField(choices=["browser", "program"])
    address = serializers.CharField(allow_null=True)
    user_agent = serializers.CharField()
    created_at = serializers.DateTimeField()
    last_seen_at = serializers.DateTimeField()
    current = serializers.BooleanField()


class DeviceListOutput(StrictSerializer):
    next = serializers.CharField(allow_null=True)
    previous = serializers.CharField(allow_null=True)
    results = DeviceOutput(many=True)
