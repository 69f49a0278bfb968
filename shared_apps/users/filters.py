from typing import Any

from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext_lazy as _
from django_filters import BooleanFilter, CharFilter, ChoiceFilter, DateFromToRangeFilter, ModelChoiceFilter, UUIDFilter

from core.api.filters import AddressFilter, StrictFilterSet
from core.clock import now
from shared_apps.users.models import ApiKey, Invitation, Role, SignIn, User
from shared_apps.users.selectors import role_list


def _roles(request: Any) -> QuerySet[Role]:
    return role_list()


class PersonFilter(StrictFilterSet):
    """Which people: by role, state and how they sign in. The queryset is `selectors.person_list`."""

    role = ModelChoiceFilter(label=_("Role"), field_name="roles", to_field_name="code", queryset=_roles)
    state = ChoiceFilter(
        label=_("State"), method="with_state", choices=[("active", _("Active")), ("disabled", _("Disabled"))]
    )
    second_factor = ChoiceFilter(
        label=_("Two-factor"), method="with_second_factor", choices=[("on", _("On")), ("off", _("Off"))]
    )

    class Meta:
        model = User
        fields = ["role", "state", "second_factor"]

    def with_state(self, people: QuerySet[User], name: str, value: str) -> QuerySet[User]:
        """Those who may sign in, or those who may not."""
        return people.filter(is_active=value == "active")

    def with_second_factor(self, people: QuerySet[User], name: str, value: str) -> QuerySet[User]:
        """Those with a second factor, or those without."""
        return people.filter(**{name: value == "on"})


class PersonApiFilter(PersonFilter):
    """The same for programs."""

    role = CharFilter(field_name="roles__code", label="The code of a role")
    is_active = BooleanFilter()

    class Meta:
        model = User
        fields = ["role", "state", "second_factor", "is_active"]


class InvitationFilter(StrictFilterSet):
    """Which invitations: by what has become of them."""

    state = ChoiceFilter(
        label=_("State"),
        method="with_state",
        choices=[
            ("open", _("Open")),
            ("accepted", _("Accepted")),
            ("revoked", _("Taken back")),
            ("expired", _("Expired")),
        ],
    )

    class Meta:
        model = Invitation
        fields = ["state"]

    def with_state(self, invitations: QuerySet[Invitation], name: str, value: str) -> QuerySet[Invitation]:
        """The same four as `Invitation.state`."""
        waiting = Q(accepted_at=None, revoked_at=None)
        wanted = {
            "open": waiting & Q(expires_at__gt=now()),
            "accepted": Q(accepted_at__isnull=False),
            "revoked": Q(revoked_at__isnull=False),
            "expired": waiting & Q(expires_at__lte=now()),
        }
        return invitations.filter(wanted[value])


class OwnSignInFilter(StrictFilterSet):
    """Which of one's own sign-ins: by their result and day."""

    result = ChoiceFilter(
        label=_("Result"), method="with_result", choices=[("succeeded", _("Signed in")), ("refused", _("Refused"))]
    )
    at = DateFromToRangeFilter(label=_("Day"))

    class Meta:
        model = SignIn
        fields = ["result", "at"]

    def with_result(self, sign_ins: QuerySet[SignIn], name: str, value: str) -> QuerySet[SignIn]:
        """Those that succeeded, or those that were refused."""
        return sign_ins.filter(succeeded=value == "succeeded")


class SignInFilter(OwnSignInFilter):
    """Which sign-ins: also by whose and from where."""

    user = UUIDFilter(label=_("Person's id"), field_name="user_id")
    address = AddressFilter(label=_("Address"))

    class Meta:
        model = SignIn
        fields = ["result", "at", "address", "user"]


class ApiKeyFilter(StrictFilterSet):
    """Which API keys: by whether they work, and whose they are."""

    state = ChoiceFilter(
        label=_("State"),
        method="with_state",
        choices=[
            ("active", _("Active")),
            ("expired", _("Expired")),
            ("revoked", _("Revoked")),
            ("ended", _("Ended with its owner's access")),
        ],
    )
    owner = UUIDFilter(label=_("Owner's id"), field_name="owner_id")

    class Meta:
        model = ApiKey
        fields = ["state", "owner"]

    def with_state(self, keys: QuerySet[ApiKey], name: str, value: str) -> QuerySet[ApiKey]:
        """The same four as `ApiKey.state`."""
        late = Q(expires_at__lte=now())
        lives = Q(owner__is_active=True, credential_version=F("owner__credential_version"))
        if value == "revoked":
            return keys.filter(revoked_at__isnull=False)
        if value == "expired":
            return keys.filter(late, revoked_at=None)
        running = keys.filter(revoked_at=None).exclude(late)
        return running.filter(lives) if value == "active" else running.exclude(lives)
