from collections.abc import Callable
from typing import Any
from uuid import UUID

from allauth.account.decorators import reauthentication_required
from django.contrib import messages
from django.db.models import QuerySet
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from core.errors import LiveryError
from core.permissions import check, require
from core.web import actor_of
from core.web.formats import datetime_text
from core.web.gate import page_for
from core.web.htmx import SeeOther, redirect_after_post, render_invalid, render_page
from core.web.submissions import new_submission, once
from core.web.views import BulkAction, Column, DetailView, Fact, ListView
from core.web.views.base import Crumb, Offer
from shared_apps.users.credentials import ApiKeyText
from shared_apps.users.filters import ApiKeyFilter
from shared_apps.users.forms.api_keys import ApiKeyForm, RotateForm
from shared_apps.users.forms.roles import grouped_actions
from shared_apps.users.models import ApiKey
from shared_apps.users.selectors import api_key_get, api_key_list, realm_actions
from shared_apps.users.services import api_key_create, api_key_revoke, api_key_rotate

STATES = {
    "active": (gettext_lazy("Active"), "ok"),
    "revoked": (gettext_lazy("Revoked"), "bad"),
    "expired": (gettext_lazy("Expired"), "warn"),
    "ended": (gettext_lazy("Ended with its owner's access"), "warn"),
}
Made = tuple[ApiKey, ApiKeyText]


def scopes_text(key: ApiKey) -> str:
    """How much a key may do, in few words."""
    if key.scopes is None:
        return _("All that its owner may")
    return _("%(count)d actions") % {"count": len(key.scopes)}


def revoke_all(actor: Any, keys: Any) -> int:
    """End several keys; raises PermissionRefused for one that is not the actor's to end."""
    for key in keys:
        require("api_keys.revoke", actor, key)
        api_key_revoke(key=key, actor=actor)
    return len(keys)


class ApiKeyList(ListView):
    """Your keys; an administrator sees everybody's."""

    action = "api_keys.view"
    title = gettext_lazy("API keys")
    template_name = "settings/list.html"
    columns = (
        Column("name", gettext_lazy("Key"), link=True, sort="name", note=lambda row: row.hint),
        Column("owner", gettext_lazy("Owner"), place="num"),
        Column("scopes", gettext_lazy("May"), value=scopes_text, place="hide"),
        Column("last_used_at", gettext_lazy("Last used"), kind="ago", sort="last_used_at", place="hide"),
        Column("expires_at", gettext_lazy("Expires"), kind="date", sort="expires_at", place="hide"),
        Column("state", gettext_lazy("State"), kind="badge", badges=STATES),
    )
    search = ("name", "public_id", "owner__email")
    filter_class = ApiKeyFilter
    ordering = ("-id",)
    export_action = "api_keys.view"
    empty_icon = "key-round"
    empty_title = gettext_lazy("No keys yet")
    empty_text = gettext_lazy("A key lets a program act as you, within its scopes.")
    bulk = (
        BulkAction(
            "revoke",
            gettext_lazy("Revoke"),
            "api_keys.revoke",
            revoke_all,
            icon="x",
            danger=True,
            confirm=gettext_lazy("Programs that use these %(count)d keys are refused at once."),
        ),
    )

    def rows(self) -> QuerySet[ApiKey]:
        return api_key_list(self.actor)

    def row_url(self, row: ApiKey) -> str:
        return reverse("users:api_key_detail", args=[row.pk])

    def offers(self) -> list[Offer]:
        new = reverse("users:api_key_new")
        return [self.offer(_("New key"), new, action="api_keys.create", icon="plus", primary=True)]


class ApiKeyDetail(DetailView):
    """One key: what it may do, whether it works, and how it is ended or replaced."""

    action = "api_keys.view"
    template_name = "users/api_key_detail.html"
    fragment = ""
    obj: ApiKey

    def find(self, **kwargs: Any) -> ApiKey:
        return api_key_get(kwargs["key_id"], actor=self.actor)

    def crumbs(self) -> list[Crumb]:
        return [Crumb(_("API keys"), reverse("users:api_key_list"))]

    def status(self) -> tuple[Any, str]:
        return STATES[self.obj.state]

    def facts(self) -> list[Fact]:
        key = self.obj
        return [
            Fact(_("Begins with"), key.hint),
            Fact(_("Owner"), key.owner),
            Fact(_("Made"), datetime_text(key.created_at)),
            Fact(_("Last used"), datetime_text(key.last_used_at) if key.last_used_at else _("Never")),
            Fact(_("Expires"), datetime_text(key.expires_at) if key.expires_at else _("Never")),
            Fact(_("Revoked"), datetime_text(key.revoked_at) if key.revoked_at else ""),
        ]

    def offers(self) -> list[Offer]:
        if self.obj.state != "active" or self.actor.user is None or self.obj.owner_id != self.actor.user.pk:
            return []
        rotate = reverse("users:api_key_rotate", args=[self.obj.pk])
        return [self.offer(_("Replace"), rotate, action="api_keys.create", icon="refresh-cw", primary=True)]

    def more(self) -> dict[str, Any]:
        codes = realm_actions() & set(self.obj.scopes or ())
        may_revoke = self.obj.revoked_at is None and check("api_keys.revoke", self.actor, self.obj)
        return {"groups": grouped_actions(codes), "unlimited": self.obj.scopes is None, "may_revoke": may_revoke}


@require_http_methods(["GET", "HEAD", "POST"])
@page_for("api_keys.create")
@reauthentication_required(app="users")
def api_key_new(request: HttpRequest) -> HttpResponse:
    """Make a key; the answer to the form is the only page that ever shows it."""
    actor = actor_of(request)
    form = ApiKeyForm(request.POST or None, actor=actor)

    def make() -> Made:
        data = form.cleaned_data
        return api_key_create(
            owner=actor.user, name=data["name"], scopes=data["scopes"], expires_at=form.expires_at, actor=actor
        )

    return _secret_page(request, form, make, {"title": _("New API key"), "submit": _("Make the key")})


@require_http_methods(["GET", "HEAD", "POST"])
@page_for("api_keys.create")
@reauthentication_required(app="users")
def api_key_rotate_page(request: HttpRequest, key_id: UUID) -> HttpResponse:
    """Replace a key of one's own; the answer to the form is the only page that ever shows the new one."""
    actor = actor_of(request)
    key = api_key_get(key_id, actor=actor)
    form = RotateForm(request.POST or None)
    words = {"title": _("Replace “%(name)s”") % {"name": key.name}, "submit": _("Make the new key")}
    return _secret_page(request, form, lambda: api_key_rotate(key=key, overlap=form.how_long, actor=actor), words)


def _secret_page(request: HttpRequest, form: Form, make: Callable[[], Made], words: dict[str, str]) -> HttpResponse:
    """A form that makes a key once and shows it once: a second click finds no key, as its answer is kept nowhere."""
    context = {"form": form, "submission": new_submission(), **words}
    if request.method != "POST":
        return render_page(request, "users/api_key_form.html", context)
    made: list[Made] = []

    def work() -> HttpResponse:
        made.append(make())
        return SeeOther(reverse("users:api_key_list"))

    if form.is_valid():
        try:
            response = once(request, work)
        except LiveryError as error:
            form.add_error(None, str(error))
        else:
            if made:
                key, text = made[0]
                return render_page(request, "users/api_key_created.html", {"key": key, "text": str(text)}, status=201)
            messages.warning(request, _("Your first click made the key and showed it. Make another if you missed it."))
            return redirect_after_post(request, response["Location"])
    return render_invalid(request, "users/api_key_form.html", context)


@require_POST
@page_for("api_keys.revoke")
def api_key_revoke_page(request: HttpRequest, key_id: UUID) -> HttpResponse:
    """End a key."""
    actor = actor_of(request)
    key = api_key_get(key_id, actor=actor)
    revoke_all(actor, [key])
    messages.success(request, _("The key “%(name)s” no longer works.") % {"name": key.name})
    return redirect_after_post(request, "users:api_key_list")
