from collections.abc import Sequence
from typing import Any, ClassVar

from django.db.models import QuerySet
from django.forms import BaseForm
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.actor import Actor
from core.permissions import check, require
from core.web.formats import datetime_text
from core.web.views import BulkAction, Column, DetailView, Fact, FormView, Happening, ListView
from core.web.views.base import Crumb, Offer
from shared_apps.trail.selectors import action_name, entry_list
from shared_apps.users.filters import PersonFilter
from shared_apps.users.forms.people import DisableForm, PlainForm, ReasonForm, RolesForm
from shared_apps.users.models import Role, User
from shared_apps.users.selectors import grantable_roles, has_second_factor, person_list, role_list, user_get
from shared_apps.users.services import (
    second_factor_reset,
    sign_out_everywhere,
    user_disable,
    user_enable,
    user_roles_change,
)

_HAPPENINGS = 10


def sign_out_all(actor: Actor, people: Sequence[User]) -> int:
    """Sign several people out everywhere; raises PermissionRefused for one who may do more than the actor."""
    for person in people:
        require("users.sign_out", actor, person)
        sign_out_everywhere(user=person, actor=actor)
    return len(people)


class PersonList(ListView):
    """Everybody here."""

    action = "users.view"
    title = gettext_lazy("People")
    template_name = "settings/list.html"
    columns = (
        Column(
            "name", gettext_lazy("Person"), kind="person", value=str, link=True, sort="name", note=lambda row: row.email
        ),
        Column("roles", gettext_lazy("Roles"), value=lambda row: ", ".join(role.name for role in row.roles.all())),
        Column(
            "second_factor",
            gettext_lazy("Two-factor"),
            kind="badge",
            place="hide",
            badges={True: (gettext_lazy("On"), "ok"), False: (gettext_lazy("Off"), "")},
        ),
        Column("last_login", gettext_lazy("Last sign-in"), kind="datetime", sort="last_login", place="hide"),
        Column(
            "is_active",
            gettext_lazy("State"),
            kind="badge",
            badges={True: (gettext_lazy("Active"), "ok"), False: (gettext_lazy("Disabled"), "bad")},
        ),
    )
    search = ("name", "email")
    filter_class = PersonFilter
    ordering = ("-id",)
    export_action = "users.view"
    refreshed_by = "people"
    empty_icon = "users"
    empty_title = gettext_lazy("Nobody is here yet")
    bulk = (
        BulkAction(
            "sign_out",
            gettext_lazy("Sign out"),
            "users.sign_out",
            sign_out_all,
            icon="log-out",
            confirm=gettext_lazy("%(count)d people have to sign in again, and their API keys end."),
        ),
    )

    def rows(self) -> QuerySet[User]:
        return person_list()

    def row_url(self, row: User) -> str:
        return reverse("users:person_detail", args=[row.pk])

    def offers(self) -> list[Offer]:
        return [
            self.offer(_("Invitations"), reverse("users:invitation_page"), action="users.invite", icon="mail"),
            self.offer(
                _("Invite people"),
                reverse("users:invite"),
                action="users.invite",
                icon="user-plus",
                primary=True,
                dialog=True,
            ),
        ]


class PersonDetail(DetailView):
    """One person: roles, state, what happened to them, and what you may change."""

    action = "users.view"
    template_name = "users/person_detail.html"
    fragment = ""
    obj: User

    def find(self, **kwargs: Any) -> User:
        return user_get(kwargs["user_id"])

    def crumbs(self) -> list[Crumb]:
        return [Crumb(_("People"), reverse("users:person_list"))]

    def status(self) -> tuple[Any, str]:
        return (_("Active"), "ok") if self.obj.is_active else (_("Disabled"), "bad")

    def facts(self) -> list[Fact]:
        person = self.obj
        return [
            Fact(_("E-mail address"), person.email),
            Fact(_("Two-factor"), _("On") if has_second_factor(person) else _("Off")),
            Fact(_("Last sign-in"), datetime_text(person.last_login) if person.last_login else _("Never")),
            Fact(_("Here since"), datetime_text(person.date_joined)),
            Fact(_("Language"), person.language),
            Fact(_("Time zone"), person.time_zone),
        ]

    def happenings(self) -> list[Happening]:
        if not check("trail.view", self.actor):
            return []
        entries = entry_list().filter(object_type="users.user", object_id=str(self.obj.pk))[:_HAPPENINGS]
        return [
            Happening(action_name(entry.action), entry.at, text=entry.summary, by=entry.actor_label, icon="history")
            for entry in entries
        ]

    def more(self) -> dict[str, Any]:
        roles = list(self.obj.roles.all())
        return {"roles": roles, "ways": self._ways()}

    def _ways(self) -> list[Offer]:
        """What may be changed, each with the sentence that says who can where this actor cannot."""
        able = "enable" if not self.obj.is_active else "disable"
        words = {"disable": _("Disable"), "enable": _("Enable")}
        ways = [
            ("roles", _("Change roles"), "users.change_role", "shield"),
            ("sign-out", _("Sign out everywhere"), "users.sign_out", "log-out"),
            ("reset-second-factor", _("Reset two-factor"), "users.reset_second_factor", "key-round"),
            (able, words[able], "users.disable", "user-x" if able == "disable" else "circle-check"),
        ]
        return [
            self.offer(label, f"{self.request.path}{name}/", action=code, obj=self.obj, icon=icon)
            for name, label, code, icon in ways
        ]


class PersonForm(FormView):
    """Something that is done to one person; afterwards their page is shown."""

    template_name = "settings/form.html"
    form_class: ClassVar[type[BaseForm]] = PlainForm
    obj: User

    def find(self, **kwargs: Any) -> User:
        return user_get(kwargs["user_id"])

    def crumbs(self) -> list[Crumb]:
        return [
            Crumb(_("People"), reverse("users:person_list")),
            Crumb(str(self.obj), reverse("users:person_detail", args=[self.obj.pk])),
        ]

    def success_url(self, result: Any) -> str:
        if self.actor.user is not None and self.actor.user.pk == self.obj.pk:
            # Whoever changes their own access is signed out by it.
            return reverse("account_login")
        return reverse("users:person_detail", args=[self.obj.pk])

    def more(self) -> dict[str, Any]:
        return {"lead": self.lead()}

    def lead(self) -> str:
        """What will happen."""
        return ""


class PersonRoles(PersonForm):
    """Give a person other roles."""

    action = "users.change_role"
    title = gettext_lazy("Change roles")
    form_class = RolesForm
    success_message = gettext_lazy("The roles were changed.")

    def initial(self) -> dict[str, Any]:
        return {"roles": [role.code for role in self.obj.roles.all()]}

    def form_options(self) -> dict[str, Any]:
        return {"roles": _offered(self.actor, self.obj)}

    def perform(self, data: dict[str, Any]) -> User:
        return user_roles_change(user=self.obj, roles=data["roles"], actor=self.actor)


class PersonDisable(PersonForm):
    """Shut a person out."""

    action = "users.disable"
    title = gettext_lazy("Disable")
    form_class = DisableForm
    submit_label = gettext_lazy("Disable")
    success_message = gettext_lazy("The person can no longer sign in.")

    def lead(self) -> str:
        return _("A disabled person is signed out everywhere at once, and their API keys end.")

    def perform(self, data: dict[str, Any]) -> User:
        return user_disable(user=self.obj, actor=self.actor, reason=data["reason"])


class PersonEnable(PersonForm):
    """Let a person sign in again."""

    action = "users.disable"
    title = gettext_lazy("Enable")
    submit_label = gettext_lazy("Enable")
    success_message = gettext_lazy("The person can sign in again.")

    def lead(self) -> str:
        return _("The person can sign in again; what was signed in before stays out.")

    def perform(self, data: dict[str, Any]) -> User:
        return user_enable(user=self.obj, actor=self.actor)


class PersonSignOut(PersonForm):
    """End a person's sessions, tokens and API keys."""

    action = "users.sign_out"
    title = gettext_lazy("Sign out everywhere")
    submit_label = gettext_lazy("Sign out everywhere")
    success_message = gettext_lazy("The person is signed out everywhere.")

    def lead(self) -> str:
        return _("Every session, token and API key of this person ends. They can sign in again.")

    def perform(self, data: dict[str, Any]) -> User:
        return sign_out_everywhere(user=self.obj, actor=self.actor)


class PersonResetSecondFactor(PersonForm):
    """Take a lost second factor away."""

    action = "users.reset_second_factor"
    title = gettext_lazy("Reset two-factor")
    form_class = ReasonForm
    submit_label = gettext_lazy("Reset two-factor")
    success_message = gettext_lazy("The second factor is gone; the person can set up a new one.")

    def lead(self) -> str:
        return _(
            "App, passkeys and recovery codes of this person end, and they are signed out everywhere. Make sure by"
            " another way, such as a call, that it is them who ask."
        )

    def perform(self, data: dict[str, Any]) -> User:
        return second_factor_reset(user=self.obj, reason=data["reason"], actor=self.actor)


def _offered(actor: Actor, person: User) -> list[Role]:
    """The roles that the actor may give; one that the person has beyond that is shown, so that it is not lost."""
    given = {role.code for role in grantable_roles(actor)} | {role.code for role in person.roles.all()}
    return [role for role in role_list() if role.code in given]
