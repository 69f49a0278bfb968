"""The settings page of the brand. It wears the draft, which nobody else sees."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from core.errors import FieldError, LiveryError, Unprocessable
from core.permissions import check
from core.tenancy import TenantRef, current_tenant
from core.web import actor_of
from core.web.gate import page_for
from core.web.htmx import redirect_after_post, render_invalid, render_page
from shared_apps.tenants.branding.contrast import Reading, readings
from shared_apps.tenants.branding.errors import BrandRefused, ImageRefused
from shared_apps.tenants.branding.forms import (
    BrandForm,
    NumberForm,
    PictureForm,
    PictureRemovalForm,
    VersionForm,
)
from shared_apps.tenants.branding.legal import plain_text
from shared_apps.tenants.branding.models import AssetKind
from shared_apps.tenants.branding.selectors import (
    Draft,
    asset_content,
    asset_in,
    draft_of,
    published_of,
    version_list,
)
from shared_apps.tenants.branding.services import (
    asset_put,
    asset_remove,
    brand_publish,
    brand_roll_back,
    draft_change,
    draft_discard,
)
from shared_apps.tenants.branding.theme import css_of, ink_of, preview_properties
from shared_apps.tenants.branding.uploads import LARGEST_BYTES
from shared_apps.tenants.branding.values import BrandValues, changed

SAMPLES = ("dashboard", "public", "mail", "document")
_PAGE = "brand/edit.html"


@require_http_methods(["GET", "HEAD", "POST"])
@page_for("brand.view")
def edit(request: HttpRequest) -> HttpResponse:
    """The draft with its contrast and four samples; a post saves it."""
    tenant = current_tenant()
    if request.method != "POST":
        return _page(request, tenant)
    return _save(request)


@page_for("brand.edit")
def _save(request: HttpRequest) -> HttpResponse:
    tenant, form = current_tenant(), BrandForm(request.POST)
    if form.is_valid():
        try:
            draft_change(
                tenant=tenant, changes=form.changes, version=form.cleaned_data["version"], actor=actor_of(request)
            )
        except LiveryError as error:
            _add_errors(form, error)
        else:
            messages.success(request, _("The draft is saved. Publish it to show it to everybody."))
            return redirect_after_post(request, "brand:edit")
    return _page(request, tenant, form=form)


@require_POST
@page_for("brand.edit")
def picture_put(request: HttpRequest) -> HttpResponse:
    """Put a picture into the draft."""
    tenant, form = current_tenant(), PictureForm(request.POST, request.FILES)
    if form.is_valid():
        data = form.cleaned_data
        try:
            asset_put(
                tenant=tenant,
                kind=AssetKind(data["kind"]),
                # One byte more than allowed says that it is too large.
                content=data["file"].read(LARGEST_BYTES + 1),
                version=data["version"],
                actor=actor_of(request),
            )
        except LiveryError as error:
            _add_errors(form, error)
        else:
            messages.success(request, _("The picture is in the draft."))
            return redirect_after_post(request, "brand:edit")
    return _page(request, tenant, picture_form=form)


@require_POST
@page_for("brand.edit")
def picture_remove(request: HttpRequest) -> HttpResponse:
    """Take a picture out of the draft."""
    data = _checked(PictureRemovalForm(request.POST))
    asset_remove(
        tenant=current_tenant(), kind=AssetKind(data["kind"]), version=data["version"], actor=actor_of(request)
    )
    messages.success(request, _("The picture is no longer in the draft."))
    return redirect_after_post(request, "brand:edit")


@require_POST
@page_for("brand.publish")
def publish(request: HttpRequest) -> HttpResponse:
    """Show the draft to everybody."""
    data = _checked(VersionForm(request.POST))
    version = brand_publish(tenant=current_tenant(), version=data["version"], actor=actor_of(request))
    messages.success(
        request, _("Version %(number)s is published; everybody sees it within seconds.") % {"number": version.number}
    )
    return redirect_after_post(request, "brand:edit")


@require_POST
@page_for("brand.edit")
def discard(request: HttpRequest) -> HttpResponse:
    """Make the draft what is published again."""
    data = _checked(VersionForm(request.POST))
    draft_discard(tenant=current_tenant(), version=data["version"], actor=actor_of(request))
    messages.success(request, _("The draft is the published brand again."))
    return redirect_after_post(request, "brand:edit")


@require_GET
@page_for("brand.view")
def history(request: HttpRequest) -> HttpResponse:
    """Every version: who published it, when, and what it changed."""
    tenant = current_tenant()
    context = {
        "versions": version_list(tenant),
        "current": published_of(tenant).number,
        "may_publish": check("brand.publish", actor_of(request)),
    }
    return render_page(request, "brand/history.html", context)


@require_POST
@page_for("brand.publish")
def roll_back(request: HttpRequest) -> HttpResponse:
    """Publish an earlier version again."""
    number = _checked(NumberForm(request.POST))["number"]
    version = brand_roll_back(tenant=current_tenant(), number=number, actor=actor_of(request))
    messages.success(
        request,
        _("Version %(number)s is published: it is version %(earlier)s again.")
        % {"number": version.number, "earlier": number},
    )
    return redirect_after_post(request, "brand:history")


@require_GET
@page_for("brand.view")
def draft_css(request: HttpRequest) -> HttpResponse:
    """The draft's stylesheet, for those who may see it."""
    css = css_of(preview_properties(draft_of(current_tenant()).values))
    return HttpResponse(css, content_type="text/css; charset=utf-8")


@require_GET
@page_for("brand.view")
def draft_picture(request: HttpRequest, asset_id: UUID) -> HttpResponse:
    """A picture of the draft, for those who may see it."""
    found = asset_in(draft_of(current_tenant()).assets, asset_id)
    return HttpResponse(asset_content(found), content_type="image/png")


@require_POST
@page_for("brand.edit")
def try_out(request: HttpRequest) -> JsonResponse:
    """What the typed settings would look like, as custom properties and contrast; nothing is saved."""
    form = BrandForm(request.POST)
    _checked(form)
    values = changed(draft_of(current_tenant()).values, form.changes)
    ink = ink_of(values)
    return JsonResponse(
        {
            "properties": {f"--{name}": value for name, value in preview_properties(values).items()},
            "brand": ink.brand,
            "nudged": ink.brand != values.brand,
            "readings": {_reading_id(each): f"{each.ratio:.2f}" for each in readings(ink, values.ground)},
        }
    )


def sample(kind: str) -> Callable[[HttpRequest], HttpResponse]:
    """The view of one sample page under the draft."""

    @require_GET
    @page_for("brand.view")
    def view(request: HttpRequest) -> HttpResponse:
        context = _look(request, draft_of(current_tenant())) | {"sample": f"brand/samples/{kind}.html"}
        return render_page(request, "brand/preview.html", context)

    return view


def _page(request: HttpRequest, tenant: TenantRef, **forms_sent: forms.Form) -> HttpResponse:
    draft, actor = draft_of(tenant), actor_of(request)
    context = _look(request, draft) | {
        "form": BrandForm.showing(draft.values, draft.version),
        "picture_form": PictureForm(initial={"version": draft.version}),
        "pictures": [(AssetKind(kind), asset) for kind, asset in draft.assets.items()],
        "published": published_of(tenant),
        "may_edit": check("brand.edit", actor),
        "may_publish": check("brand.publish", actor),
        **forms_sent,
    }
    answer = render_invalid if forms_sent else render_page
    return answer(request, _PAGE, context)


def _look(request: HttpRequest, draft: Draft) -> dict[str, Any]:
    mode = request.GET.get("mode")
    ink = ink_of(draft.values)
    square = draft.assets.get(AssetKind.SQUARE.value)
    return {
        "draft": draft,
        "about": plain_text(draft.values.about),
        "ink": ink,
        "is_nudged": ink.brand != draft.values.brand,
        "readings": _rows(draft.values),
        "worst": _worst(draft.values),
        "samples": [f"brand/samples/{kind}.html" for kind in SAMPLES],
        "sample_names": SAMPLES,
        "mark": square,
        "fixed_mode": mode if mode in ("light", "dark") else "",
    }


def _rows(values: BrandValues) -> list[dict[str, Any]]:
    """The contrast of each pair, in light and in dark."""
    rows: dict[str, dict[str, Any]] = {}
    for reading in readings(ink_of(values), values.ground):
        pair = reading.pair
        row = rows.setdefault(f"{pair.text}/{pair.background}", {"pair": pair})
        row[reading.mode] = {"id": _reading_id(reading), "ratio": f"{reading.ratio:.2f}", "passes": reading.passes}
    return list(rows.values())


def _worst(values: BrandValues) -> dict[str, str]:
    """The pair that is nearest to what it needs."""
    worst = min(readings(ink_of(values), values.ground), key=lambda reading: reading.ratio / reading.pair.least)
    pair = worst.pair
    return {
        "text": pair.text,
        "background": pair.background,
        "ratio": f"{worst.ratio:.2f}",
        "needed": f"{pair.least:g}",
    }


def _reading_id(reading: Reading) -> str:
    return f"{reading.mode}-{reading.pair.text}-{reading.pair.background}"


def _checked(form: forms.Form) -> dict[str, Any]:
    if not form.is_valid():
        message = _("Reload the page and try again.")
        raise Unprocessable(
            message, errors=[FieldError(field=name, code="invalid", message=message) for name in form.errors]
        )
    return form.cleaned_data


def _add_errors(form: forms.Form, error: LiveryError) -> None:
    if not isinstance(error, BrandRefused | ImageRefused):
        form.add_error(None, str(error))
        return
    for each in error.errors:
        form.add_error(each["field"] if each["field"] in form.fields else None, each["message"])
