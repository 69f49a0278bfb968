from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from core.errors import LiveryError
from core.permissions import check, require
from core.web.gate import page_for
from core.web.htmx import redirect_after_post, render_invalid, render_page
from core.web.lists import page_of
from core.web.requests import actor_of
from shared_apps.console.changes import CHANGES, Change
from shared_apps.console.forms import ChangeForm, TenantForm
from shared_apps.tenants.selectors import tenant_list, tenant_url, tenant_with
from shared_apps.tenants.services import Owner, tenant_create

_DETAIL = "console/tenant_detail.html"
_NEW = "console/tenant_form.html"
_CHANGE = "console/tenant_change.html"


@require_GET
@page_for("tenants.view")
def tenant_list_page(request: HttpRequest) -> HttpResponse:
    """The organisations, newest first."""
    page = page_of(tenant_list(), request.GET, search=("name", "slug"))
    for tenant in page.rows:
        tenant.url = tenant_url(tenant)
    may_create = check("tenants.create", actor_of(request))
    return render_page(request, "console/tenant_list.html", {"page": page, "may_create": may_create})


@require_http_methods(["GET", "HEAD", "POST"])
@page_for("tenants.create")
def tenant_new_page(request: HttpRequest) -> HttpResponse:
    """A form for another organisation."""
    form = TenantForm(request.POST or None)
    if request.method != "POST":
        return render_page(request, _NEW, {"form": form})
    if form.is_valid():
        values = form.cleaned_data
        owner = Owner(email=values["owner_email"], name=values["owner_name"])
        try:
            tenant = tenant_create(slug=values["slug"], name=values["name"], owner=owner, actor=actor_of(request))
        except LiveryError as error:
            _show(form, error)
        else:
            messages.success(request, _("%(tenant)s is being set up.") % {"tenant": tenant})
            return redirect_after_post(request, reverse("console:tenant_detail", args=[tenant.pk]))
    return render_invalid(request, _NEW, {"form": form})


@require_GET
@page_for("tenants.view")
def tenant_detail_page(request: HttpRequest, tenant_id: UUID) -> HttpResponse:
    """One organisation: where it answers, its history, and what may be done."""
    tenant, actor = tenant_with(tenant_id), actor_of(request)
    changes = [each for each in CHANGES.values() if each.fits(tenant) and check(each.action, actor, tenant)]
    history = tenant.state_changes.order_by("-at", "-id")
    context = {"tenant": tenant, "url": tenant_url(tenant), "changes": changes, "history": history}
    return render_page(request, _DETAIL, context)


@require_http_methods(["GET", "HEAD", "POST"])
@page_for("tenants.view")
def tenant_change_page(request: HttpRequest, tenant_id: UUID, change: str) -> HttpResponse:
    """Say what a change means, and make it once the organisation's subdomain was typed."""
    chosen = _change(change)
    require(chosen.action, actor_of(request))
    tenant = tenant_with(tenant_id)
    require(chosen.action, actor_of(request), tenant)
    form = ChangeForm(request.POST or None, slug=tenant.slug)
    context = {"tenant": tenant, "change": chosen, "form": form}
    if request.method != "POST":
        return render_page(request, _CHANGE, context)
    if form.is_valid():
        try:
            chosen.service(tenant=tenant, actor=actor_of(request), reason=form.cleaned_data["reason"])
        except LiveryError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("The state of %(tenant)s was changed.") % {"tenant": tenant})
            return redirect_after_post(request, reverse("console:tenant_detail", args=[tenant.pk]))
    return render_invalid(request, _CHANGE, context)


def _change(code: str) -> Change:
    if code not in CHANGES:
        raise Http404
    return CHANGES[code]


def _show(form: TenantForm, error: LiveryError) -> None:
    for each in error.errors:
        form.add_error(each["field"], each["message"])
    if not error.errors:
        form.add_error(None, str(error))
