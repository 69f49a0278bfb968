from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from core.actor import Actor
from core.web import actor_of
from core.web.gate import page_for
from core.web.htmx import redirect_after_post
from core.web.views import BulkAction, Column, FormView, ListView
from core.web.views.base import Crumb, Offer
from shared_apps.users.filters import InvitationFilter
from shared_apps.users.forms.people import InviteForm
from shared_apps.users.models import Invitation
from shared_apps.users.selectors import grantable_roles, invitation_get, invitation_list
from shared_apps.users.services import invitation_resend, invitation_revoke, invitations_create


def revoke_all(actor: Actor, invitations: Sequence[Invitation]) -> int:
    """Take several invitations back; those that are closed stay as they are."""
    for invitation in invitations:
        invitation_revoke(invitation=invitation, actor=actor)
    return len(invitations)


def resend_all(actor: Actor, invitations: Sequence[Invitation]) -> int:
    """Send several invitations again, those of the chosen ones that still wait for somebody."""
    waiting = [each for each in invitations if each.state in ("open", "expired")]
    for invitation in waiting:
        invitation_resend(invitation=invitation, actor=actor)
    return len(waiting)


class InvitationList(ListView):
    """Who was invited, and what has become of it."""

    action = "users.invite"
    title = gettext_lazy("Invitations")
    template_name = "settings/list.html"
    columns = (
        Column("email", gettext_lazy("E-mail address"), link=True, sort="email"),
        Column("roles", gettext_lazy("Roles"), value=lambda row: ", ".join(role.name for role in row.roles.all())),
        Column("invited_by", gettext_lazy("Invited by"), place="hide"),
        Column("created_at", gettext_lazy("Sent"), kind="date", place="hide"),
        Column("expires_at", gettext_lazy("Expires"), kind="date", sort="expires_at", place="hide"),
        Column(
            "state",
            gettext_lazy("State"),
            kind="badge",
            badges={
                "open": (gettext_lazy("Open"), "info"),
                "accepted": (gettext_lazy("Accepted"), "ok"),
                "revoked": (gettext_lazy("Taken back"), ""),
                "expired": (gettext_lazy("Expired"), "warn"),
            },
        ),
    )
    search = ("email",)
    filter_class = InvitationFilter
    ordering = ("-id",)
    export_action = "users.invite"
    refreshed_by = "people"
    empty_icon = "mail"
    empty_title = gettext_lazy("Nobody was invited yet")
    empty_text = gettext_lazy("An invitation is a link that lets one person in, once.")
    bulk = (
        BulkAction("resend", gettext_lazy("Send again"), "users.invite", resend_all, icon="send"),
        BulkAction(
            "revoke",
            gettext_lazy("Take back"),
            "users.invite",
            revoke_all,
            icon="x",
            danger=True,
            confirm=gettext_lazy("The links of %(count)d invitations end."),
        ),
    )

    def rows(self) -> QuerySet[Invitation]:
        return invitation_list()

    def crumbs(self) -> list[Crumb]:
        return [Crumb(_("People"), reverse("users:person_list"))]

    def offers(self) -> list[Offer]:
        return [
            self.offer(
                _("Invite people"),
                reverse("users:invite"),
                action="users.invite",
                icon="user-plus",
                primary=True,
                dialog=True,
            )
        ]

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """What the list does with rows, or the form that invites, which may be sent here as well."""
        if "do" in request.POST:
            return super().post(request, *args, **kwargs)
        return Invite.as_view()(request)


class Invite(FormView):
    """Ask people in, several at once, with the same roles."""

    action = "users.invite"
    title = gettext_lazy("Invite people")
    template_name = "settings/form.html"
    form_class = InviteForm
    submit_label = gettext_lazy("Send")
    success_message = gettext_lazy("The invitations are on their way.")
    refreshes = "people"

    def crumbs(self) -> list[Crumb]:
        return [
            Crumb(_("People"), reverse("users:person_list")),
            Crumb(_("Invitations"), reverse("users:invitation_page")),
        ]

    def form_options(self) -> dict[str, Any]:
        return {"roles": grantable_roles(self.actor)}

    def perform(self, data: dict[str, Any]) -> list[Invitation]:
        return invitations_create(emails=data["email"], roles=data["role"], actor=self.actor)

    def success_url(self, result: list[Invitation]) -> str:
        return reverse("users:invitation_page")


@require_POST
@page_for("users.invite")
def invitation_revoke_page(request: HttpRequest, invitation_id: Any) -> HttpResponse:
    """Take an invitation back."""
    revoke_all(actor_of(request), [invitation_get(invitation_id)])
    messages.success(request, _("The invitation was taken back; its link is dead."))
    return redirect_after_post(request, "users:invitation_page")


@require_POST
@page_for("users.invite")
def invitation_resend_page(request: HttpRequest, invitation_id: Any) -> HttpResponse:
    """Send an invitation again."""
    invitation_resend(invitation=invitation_get(invitation_id), actor=actor_of(request))
    messages.success(request, _("The invitation is on its way again; the link sent before is dead."))
    return redirect_after_post(request, "users:invitation_page")
