from typing import Any, cast
from uuid import UUID

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.errors import NotFound
from core.web.views import Column, DeleteView, DetailView, Fact, FormView, ListView
from core.web.views.base import Crumb, Offer
from shared_apps.users.forms.roles import RoleForm, grouped_actions
from shared_apps.users.models import Role
from shared_apps.users.selectors import giveable_actions, role_get, role_list_counted, role_permissions
from shared_apps.users.services import role_change, role_create, role_delete

_KINDS = {True: (gettext_lazy("Built in"), ""), False: (gettext_lazy("Own"), "brand")}


class RoleList(ListView):
    """What people can be here."""

    action = "roles.view"
    title = gettext_lazy("Roles")
    template_name = "settings/list.html"
    columns = (
        Column("name", gettext_lazy("Role"), link=True, sort="name"),
        Column("is_system", gettext_lazy("Kind"), kind="badge", badges=_KINDS),
        Column("people", gettext_lazy("People"), kind="number", sort="people", place="amt"),
        Column(
            "actions",
            gettext_lazy("Actions"),
            kind="number",
            value=lambda row: len(role_permissions(row)),
            place="hide",
        ),
    )
    search = ("name", "code")
    ordering = ("-is_system", "id")
    export_action = "roles.view"
    refreshed_by = "roles"

    def rows(self) -> QuerySet[Role]:
        return role_list_counted()

    def row_url(self, row: Role) -> str:
        return reverse("users:role_detail", args=[row.pk])

    def offers(self) -> list[Offer]:
        return [
            self.offer(_("New role"), reverse("users:role_new"), action="roles.edit", icon="plus", primary=True),
        ]


class RoleDetail(DetailView):
    """What one role allows, and who has it."""

    action = "roles.view"
    template_name = "users/role_detail.html"
    fragment = ""
    obj: Role

    def find(self, **kwargs: Any) -> Role | None:
        return role_list_counted().filter(pk=kwargs["role_id"]).first()

    def crumbs(self) -> list[Crumb]:
        return [Crumb(_("Roles"), reverse("users:role_list"))]

    def status(self) -> tuple[Any, str]:
        return _KINDS[self.obj.is_system]

    def facts(self) -> list[Fact]:
        people = f"{reverse('users:person_list')}?role={self.obj.code}"
        return [Fact(_("People"), cast(Any, self.obj).people, people), Fact(_("Code"), self.obj.code)]

    def offers(self) -> list[Offer]:
        copy = self.offer(
            _("Copy"), f"{reverse('users:role_new')}?copy={self.obj.pk}", action="roles.edit", icon="copy"
        )
        if self.obj.is_system:
            return [copy]
        own = [("role_delete", _("Delete"), "trash-2"), ("role_change", _("Change"), "pencil")]
        return [
            copy,
            *[
                self.offer(
                    label,
                    reverse(f"users:{name}", args=[self.obj.pk]),
                    action="roles.edit",
                    icon=icon,
                    primary=name == "role_change",
                )
                for name, label, icon in own
            ],
        ]

    def more(self) -> dict[str, Any]:
        return {"groups": grouped_actions(role_permissions(self.obj))}


class RoleFormView(FormView):
    """A role's name and its actions, of which nobody gives more than their own."""

    action = "roles.edit"
    template_name = "settings/form.html"
    form_class = RoleForm

    def crumbs(self) -> list[Crumb]:
        return [Crumb(_("Roles"), reverse("users:role_list"))]

    def form_options(self) -> dict[str, Any]:
        return {"offered": giveable_actions(self.actor)}

    def success_url(self, result: Role) -> str:
        return reverse("users:role_detail", args=[result.pk])


class RoleNew(RoleFormView):
    """Make a role, from nothing or from a copy of another."""

    title = gettext_lazy("New role")
    submit_label = gettext_lazy("Make the role")
    success_message = gettext_lazy("The role is there. Give it to people on their pages.")

    def initial(self) -> dict[str, Any]:
        copied = self.request.GET.get("copy", "")
        if not copied:
            return {}
        try:
            role = role_get(UUID(copied))
        except ValueError as error:
            raise NotFound from error
        name = _("%(role)s, copy") % {"role": role.name}
        return {"name": name[:100], "permissions": sorted(role_permissions(role) & giveable_actions(self.actor))}

    def perform(self, data: dict[str, Any]) -> Role:
        return role_create(name=data["name"], permissions=data["permissions"], actor=self.actor)


class RoleChange(RoleFormView):
    """Change a role of the organisation's own."""

    title = gettext_lazy("Change the role")
    success_message = gettext_lazy("The role is changed; it counts from everybody's next click.")
    obj: Role

    def find(self, **kwargs: Any) -> Role:
        return role_get(kwargs["role_id"])

    def initial(self) -> dict[str, Any]:
        return {"name": self.obj.name, "permissions": sorted(role_permissions(self.obj))}

    def perform(self, data: dict[str, Any]) -> Role:
        return role_change(role=self.obj, name=data["name"], permissions=data["permissions"], actor=self.actor)


class RoleDelete(DeleteView):
    """Delete a role that nobody has."""

    action = "roles.edit"
    title = gettext_lazy("Delete the role?")
    template_name = "settings/delete.html"
    success_message = gettext_lazy("The role is gone.")
    obj: Role

    def find(self, **kwargs: Any) -> Role:
        return role_get(kwargs["role_id"])

    def crumbs(self) -> list[Crumb]:
        return [
            Crumb(_("Roles"), reverse("users:role_list")),
            Crumb(self.obj.name, reverse("users:role_detail", args=[self.obj.pk])),
        ]

    def consequence(self) -> str:
        return _("“%(role)s” can no longer be given. The trail keeps what was done with it.") % {"role": self.obj.name}

    def perform(self, data: dict[str, Any]) -> None:
        role_delete(role=self.obj, actor=self.actor)

    def success_url(self, result: None) -> str:
        return reverse("users:role_list")
