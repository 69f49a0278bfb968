from uuid import UUID

from allauth.account.decorators import reauthentication_required
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from core.errors import LiveryError
from core.permissions import check, require
from core.web import actor_of
from core.web.gate import page_for
from core.web.htmx import redirect_after_post, render_invalid, render_page
from core.web.lists import page_of
from shared_apps.users.forms.api_keys import ApiKeyForm
from shared_apps.users.selectors import api_key_get, api_key_list
from shared_apps.users.services import api_key_create, api_key_revoke


@require_GET
@page_for("api_keys.view")
def api_key_page(request: HttpRequest) -> HttpResponse:
    """Your keys; an administrator sees everybody's."""
    actor = actor_of(request)
    page = page_of(api_key_list(actor), request.GET, search=("name",))
    may_create = check("api_keys.create", actor)
    return render_page(request, "users/api_key_list.html", {"page": page, "may_create": may_create})


@require_http_methods(["GET", "HEAD", "POST"])
@page_for("api_keys.create")
@reauthentication_required(app="users")
def api_key_new(request: HttpRequest) -> HttpResponse:
    """Make a key; the answer to the form is the only page that ever shows it."""
    actor = actor_of(request)
    form = ApiKeyForm(request.POST or None, actor=actor)
    if request.method != "POST":
        return render_page(request, "users/api_key_form.html", {"form": form})
    if form.is_valid():
        data = form.cleaned_data
        try:
            key, text = api_key_create(
                owner=actor.user, name=data["name"], scopes=data["scopes"], expires_at=form.expires_at, actor=actor
            )
        except LiveryError as error:
            form.add_error(None, str(error))
        else:
            context = {"key": key, "text": str(text)}
            return render_page(request, "users/api_key_created.html", context, status=201)
    return render_invalid(request, "users/api_key_form.html", {"form": form})


@require_POST
@page_for("api_keys.revoke")
def api_key_revoke_page(request: HttpRequest, key_id: UUID) -> HttpResponse:
    """End a key."""
    actor = actor_of(request)
    key = api_key_get(key_id, actor=actor)
    require("api_keys.revoke", actor, key)
    api_key_revoke(key=key, actor=actor)
    messages.success(request, _("The key “%(name)s” no longer works.") % {"name": key.name})
    return redirect_after_post(request, "users:api_key_list")
