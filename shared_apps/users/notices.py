"""Of which events of people and access who is told."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.events import Event
from core.notifications import notifies
from core.web.addresses import page_path
from shared_apps.users.models import ApiKey, Invitation, Role, User


def register() -> None:
    """Register each kind."""
    notifies(
        "users.invitation_accepted",
        label=gettext_lazy("Somebody accepts my invitation"),
        audience=lambda event: Invitation.objects.filter(pk=event.subject_id).values_list("invited_by", flat=True),
        text=lambda event: _("%(name)s has accepted your invitation.") % {"name": _person(event.payload.get("user"))},
        url=lambda event: page_path("users:person_detail", event.payload["user"]),
        icon="user-plus",
    )
    notifies(
        "users.roles_changed",
        label=gettext_lazy("My roles are changed"),
        audience=lambda event: [event.subject_id],
        text=_roles_changed,
        url=lambda event: page_path("users:account"),
        icon="shield",
    )
    notifies(
        "api_keys.created",
        label=gettext_lazy("An API key is made with my account"),
        audience=lambda event: ApiKey.objects.filter(pk=event.subject_id).values_list("owner", flat=True),
        text=_key_made,
        url=lambda event: page_path("users:api_key_list"),
        icon="key-round",
    )
    notifies(
        "users.second_factor_removed",
        label=gettext_lazy("A second factor is removed from my account"),
        audience=lambda event: [event.subject_id],
        text=lambda event: _("A second factor was removed from your account. If this was not you, act at once."),
        url=lambda event: page_path("mfa_index"),
        icon="triangle-alert",
    )


def _person(user_id: Any) -> str:
    found = User.objects.filter(pk=user_id).first()
    return str(found) if found else _("Somebody")


def _roles_changed(event: Event) -> str:
    names = Role.objects.filter(code__in=event.payload.get("roles", ())).order_by("-is_system", "id")
    roles = ", ".join(names.values_list("name", flat=True))
    if not roles:
        return _("Your roles were taken from you.")
    return _("Your roles were changed. You are now: %(roles)s.") % {"roles": roles}


def _key_made(event: Event) -> str:
    name = ApiKey.objects.filter(pk=event.subject_id).values_list("name", flat=True).first()
    return _("The API key “%(name)s” was made with your account.") % {"name": name or ""}
