from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from core.actor import Actor
from core.errors import LiveryError
from core.permissions import check, require
from core.web import actor_of
from core.web.gate import page_for
from core.web.htmx import redirect_after_post, render_invalid, render_page
from core.web.lists import page_of
from shared_apps.users.forms.people import DisableForm, InviteForm, RolesForm
from shared_apps.users.models import Role, User
from shared_apps.users.selectors import (
    grantable_roles,
    invitation_get,
    invitation_list,
    role_list,
    user_get,
    user_list,
)
from shared_apps.users.services import (
    invitation_create,
    invitation_revoke,
    user_disable,
    user_enable,
    user_roles_change,
)


@require_GET
@page_for("users.view")
def person_list(request: HttpRequest) -> HttpResponse:
    """Everybody here, with a search."""
    page = page_of(user_list(), request.GET, search=("name", "email"))
    may_invite = check("users.invite", actor_of(request))
    return render_page(request, "users/person_list.html", {"page": page, "may_invite": may_invite})


@require_http_methods(["GET", "HEAD", "POST"])
@page_for("users.invite")
def invitation_page(request: HttpRequest) -> HttpResponse:
    """Who was invited, and a form to invite somebody."""
    actor = actor_of(request)
    form = InviteForm(request.POST or None, roles=grantable_roles(actor))
    context = {"form": form, "page": page_of(invitation_list(), request.GET, search=("email",))}
    if request.method != "POST":
        return render_page(request, "users/invitation_page.html", context)
    if form.is_valid():
        try:
            invitation = invitation_create(**form.cleaned_data, actor=actor)
        except LiveryError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("An invitation is on its way to %(email)s.") % {"email": invitation.email})
            return redirect_after_post(request, "users:invitation_page")
    return render_invalid(request, "users/invitation_page.html", context)


@require_POST
@page_for("users.invite")
def invitation_revoke_page(request: HttpRequest, invitation_id: UUID) -> HttpResponse:
    """Take an invitation back."""
    invitation_revoke(invitation=invitation_get(invitation_id), actor=actor_of(request))
    messages.success(request, _("The invitation was taken back; its link is dead."))
    return redirect_after_post(request, "users:invitation_page")


@require_GET
@page_for("users.view")
def person_detail(request: HttpRequest, user_id: UUID) -> HttpResponse:
    """One person: roles, state, and what you may change."""
    return render_page(request, "users/person_detail.html", _detail(actor_of(request), user_get(user_id)))


@require_POST
@page_for("users.change_role")
def person_roles(request: HttpRequest, user_id: UUID) -> HttpResponse:
    """Give a person other roles."""
    actor, person = actor_of(request), user_get(user_id)
    require("users.change_role", actor, person)
    form = RolesForm(request.POST, roles=_offered(actor, person))
    if form.is_valid():
        try:
            user_roles_change(user=person, roles=form.cleaned_data["roles"], actor=actor)
        except LiveryError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("The roles of %(person)s were changed.") % {"person": person})
            return redirect_after_post(request, "users:person_list")
    return render_invalid(request, "users/person_detail.html", _detail(actor, person) | {"roles_form": form})


@require_POST
@page_for("users.disable")
def person_disable(request: HttpRequest, user_id: UUID) -> HttpResponse:
    """Shut a person out."""
    actor, person = actor_of(request), user_get(user_id)
    require("users.disable", actor, person)
    form = DisableForm(request.POST)
    if form.is_valid():
        try:
            user_disable(user=person, actor=actor, reason=form.cleaned_data["reason"])
        except LiveryError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("%(person)s can no longer sign in.") % {"person": person})
            return redirect_after_post(request, "users:person_list")
    return render_invalid(request, "users/person_detail.html", _detail(actor, person) | {"disable_form": form})


@require_POST
@page_for("users.disable")
def person_enable(request: HttpRequest, user_id: UUID) -> HttpResponse:
    """Let a person sign in again."""
    actor, person = actor_of(request), user_get(user_id)
    require("users.disable", actor, person)
    user_enable(user=person, actor=actor)
    messages.success(request, _("%(person)s can sign in again.") % {"person": person})
    return redirect_after_post(request, "users:person_list")


def _detail(actor: Actor, person: User) -> dict[str, object]:
    held = [role.code for role in person.roles.all()]
    return {
        "person": person,
        "may_disable": check("users.disable", actor, person),
        "may_change_role": check("users.change_role", actor, person),
        "roles_form": RolesForm(initial={"roles": held}, roles=_offered(actor, person)),
        "disable_form": DisableForm(),
    }


def _offered(actor: Actor, person: User) -> list[Role]:
    """The roles that the actor may give; one that the person has beyond that is shown, so that it is not lost."""
    given = {role.code for role in grantable_roles(actor)} | {role.code for role in person.roles.all()}
    return [role for role in role_list() if role.code in given]
