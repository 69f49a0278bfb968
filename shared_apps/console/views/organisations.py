from decimal import Decimal
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.permissions import require
from core.web.htmx import render_page
from core.web.views import BulkAction, Column, FormView, ListView, Section
from core.web.views.base import Crumb, Offer
from shared_apps.console.changes import CHANGES, Change
from shared_apps.console.filters import OrganisationFilter
from shared_apps.console.forms import BulkChangeForm, TenantForm
from shared_apps.console.selectors import organisation_list
from shared_apps.console.services.changing import tenants_change
from shared_apps.console.words import STATES
from shared_apps.tenants.selectors import tenant_url
from shared_apps.tenants.services import Owner, tenant_create

_MOST = 500
# What may be done to many at once; what closes an organisation is done one by one.
_MANY = ("suspend", "read-only", "resume")
_ICONS = {"suspend": "ban", "read-only": "lock", "resume": "undo-2"}


def _megabytes(row: Any) -> Decimal | None:
    return None if row.size is None else (Decimal(row.size) / 10**6).quantize(Decimal("0.1"))


def _address(row: Any) -> str:
    return tenant_url(row).partition("://")[2]


class OrganisationList(ListView):
    """All organisations, with what was last counted in each."""

    action = "tenants.view"
    title = gettext_lazy("Organisations")
    columns = (
        Column("name", gettext_lazy("Organisation"), kind="party", link=True, sort="name", note=_address),
        Column("state", gettext_lazy("State"), kind="badge", badges=STATES, sort="state"),
        Column("people", gettext_lazy("People"), kind="number", sort="people"),
        Column("size", gettext_lazy("Size, MB"), kind="number", value=_megabytes, sort="size"),
        Column("waiting", gettext_lazy("Waiting"), kind="number", sort="waiting"),
        Column("failed", gettext_lazy("Failed today"), kind="number", sort="failed"),
        Column("template_step", gettext_lazy("Version"), kind="number", sort="template_step"),
        Column("cell", gettext_lazy("Cell"), sort="cell"),
        Column("created_at", gettext_lazy("Since"), kind="date", sort="created_at"),
    )
    search = ("name", "slug")
    filter_class = OrganisationFilter
    ordering = ("-created_at",)
    bulk = tuple(
        BulkAction(code, CHANGES[code].label, CHANGES[code].action, lambda actor, rows: 0, icon=_ICONS[code])
        for code in _MANY
    )
    export_action = "tenants.view"
    empty_icon = "building-2"
    empty_title = gettext_lazy("There is no organisation yet")
    empty_text = gettext_lazy("Create the first, or wait for a sign-up.")

    def rows(self) -> QuerySet:
        return organisation_list()

    def row_url(self, row: Any) -> str:
        return reverse("console:tenant_detail", args=[row.pk])

    def offers(self) -> list[Offer]:
        label, url = _("New organisation"), reverse("console:tenant_new")
        return [self.offer(label, url, action="tenants.create", icon="plus", primary=True)]

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """A change of the ticked organisations, asked and then made; everything else as on any list."""
        code = request.POST.get("do", "")
        keys = request.POST.getlist("chosen")
        if code not in _MANY or not keys:
            return super().post(request, *args, **kwargs)
        change = CHANGES[code]
        require(change.action, self.actor)
        return self._many(change, self._chosen(keys[:_MOST]))

    def _many(self, change: Change, rows: list[Any]) -> HttpResponse:
        parts = {"change": change, "rows": rows, "fitting": [row for row in rows if change.fits(row)]}
        is_sent = "reason" in self.request.POST
        form = BulkChangeForm(self.request.POST if is_sent else None, count=len(rows))
        if not is_sent or not form.is_valid():
            status = 422 if is_sent else 200
            return self._page("console/bulk_change.html", {**parts, "form": form}, change.label, status)
        outcomes = tenants_change(change=change, tenants=rows, reason=form.cleaned_data["reason"], actor=self.actor)
        done = sum(outcome.is_done for outcome in outcomes)
        result = {**parts, "outcomes": outcomes, "done": done, "refused": len(outcomes) - done}
        return self._page("console/bulk_result.html", result, change.label, 200)

    def _page(self, template: str, parts: dict[str, Any], title: Any, status: int) -> HttpResponse:
        crumbs = [Crumb(self.title, reverse("console:tenant_list"))]
        frame = {"view_title": title, "crumbs": crumbs, "offers": [], "back": self.request.get_full_path()}
        return render_page(self.request, template, {**frame, **parts}, status=status)


class OrganisationNew(FormView):
    """Enter an organisation; a worker makes it usable."""

    action = "tenants.create"
    title = gettext_lazy("New organisation")
    form_class = TenantForm
    submit_label = gettext_lazy("Create the organisation")
    success_message = gettext_lazy("The organisation is being set up.")
    sections = (
        Section(gettext_lazy("Organisation"), [("name", 6), ("slug", 4)], gettext_lazy("Where people will find it.")),
        Section(
            gettext_lazy("First administrator"),
            [("owner_name", 3), ("owner_email", 3)],
            gettext_lazy("Invited by mail as soon as the tables are made."),
        ),
    )

    def crumbs(self) -> list[Crumb]:
        return [Crumb(_("Organisations"), reverse("console:tenant_list"))]

    def perform(self, data: dict[str, Any]) -> Any:
        owner = Owner(email=data["owner_email"], name=data["owner_name"])
        return tenant_create(slug=data["slug"], name=data["name"], owner=owner, actor=self.actor)

    def success_url(self, result: Any) -> str:
        return reverse("console:tenant_detail", args=[result.pk])
