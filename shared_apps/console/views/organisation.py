from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from core.charts import Chart, Series, area_chart
from core.errors import NotFound
from core.permissions import check, require
from core.tenancy import TenantRef, directory, tenant_context
from core.web.components.blocks import Fact, Happening, MenuItem, Stat
from core.web.components.leaves import moment, number
from core.web.formats import ago_text, date_text
from core.web.gate import page_for
from core.web.htmx import redirect_after_post
from core.web.requests import actor_of
from core.web.views import DetailView, FormView
from core.web.views.base import Crumb, Offer
from shared_apps.console.changes import CHANGES, Change
from shared_apps.console.dry_runs import dry_run
from shared_apps.console.forms import ChangeForm
from shared_apps.console.inside import Inside, inside_get
from shared_apps.console.selectors import measured_days
from shared_apps.console.services.retrying import piece_retry
from shared_apps.console.verdicts import Verdict, verdict_of
from shared_apps.console.words import STATES, action_text, size_text, state_text
from shared_apps.tenants.selectors import (
    host_url,
    square_logo,
    state_history,
    template_newest,
    tenant_look,
    tenant_url,
    tenant_with,
)
from shared_apps.trail.selectors import entry_list

_TABLES, _ENTRIES, _DAYS = 12, 10, 30
_ICONS = {"resume": "undo-2", "read-only": "lock", "suspend": "ban", "archive": "package", "delete": "trash-2"}
_LIST = gettext_lazy("Organisations")


class OrganisationPage(DetailView):
    """One organisation: its state and history, what is inside, and what may be done."""

    action = "tenants.view"
    template_name = "console/tenant_detail.html"
    verdict: Verdict

    def find(self, **kwargs: Any) -> Any:
        return tenant_with(kwargs["tenant_id"])

    def crumbs(self) -> list[Crumb]:
        return [Crumb(_LIST, reverse("console:tenant_list"))]

    def status(self) -> tuple[Any, str]:
        return STATES[self.obj.state]

    def menu(self) -> Sequence[MenuItem]:
        return [
            MenuItem(
                change.label,
                reverse("console:tenant_change", args=[self.obj.pk, change.code]),
                icon=_ICONS[change.code],
                danger=change.is_hard,
            )
            for change in CHANGES.values()
            if change.fits(self.obj) and check(change.action, self.actor, self.obj)
        ]

    def offers(self) -> list[Offer]:
        return [
            self.offer(
                CHANGES[code].label,
                reverse("console:tenant_change", args=[self.obj.pk, code]),
                action=CHANGES[code].action,
                obj=self.obj,
                icon=_ICONS[code],
            )
            for code in ("resume", "suspend")
            if CHANGES[code].fits(self.obj)
        ][:1]

    def facts(self) -> Sequence[Fact]:
        tenant, newest = self.obj, template_newest()
        self.verdict = verdict = verdict_of(tenant)
        behind = newest is not None and tenant.schema_name and tenant.template_step < newest.step
        version = f"{tenant.template_step} / {newest.step}" if newest else str(tenant.template_step)
        url = tenant_url(tenant)
        others = [domain.domain for domain in tenant.domains.all() if not domain.is_primary]
        return [
            Fact(_("Address"), url, href=url),
            Fact(_("Other hosts"), ", ".join(host_url(host) for host in others)),
            Fact(_("Id"), str(tenant.pk)),
            Fact(_("Cell"), tenant.cell),
            Fact(_("Version"), f"{version} {_('(behind)')}" if behind else version),
            Fact(_("Template"), newest.shape[:12] if newest else ""),
            Fact(_("Fingerprint"), verdict.said),
            Fact(_("Requested"), moment(tenant.created_at)),
            Fact(
                _("Life"), _("epoch %(epoch)d, keys %(keys)d") % {"epoch": tenant.epoch, "keys": tenant.key_generation}
            ),
        ]

    def happenings(self) -> Sequence[Happening]:
        changes = [
            Happening(
                f"{state_text(change.from_state)} → {state_text(change.to_state)}",
                change.at,
                change.reason,
                change.actor_label,
                "history",
                STATES[change.to_state][1],
            )
            for change in state_history(self.obj)[:50]
        ]
        return [*changes, Happening(_("Requested"), self.obj.created_at, icon="plus")]

    def more(self) -> dict[str, Any]:
        inside = inside_get(directory().by_uuid(self.obj.pk))
        days = list(measured_days(self.obj.pk)[:_DAYS])[::-1]
        return {
            "inside": inside,
            "stats": _stats(inside) if inside else [],
            "tables": [(table, size_text(table.size_bytes)) for table in inside.tables[:_TABLES]] if inside else [],
            "more_tables": max(0, len(inside.tables) - _TABLES) if inside else 0,
            "size": _size_chart(days),
            "look": tenant_look(self.obj),
            "verdict": self.verdict,
            "entries": _entries(self.obj),
            "may_retry": check("console.retry", self.actor),
            "may_verify": bool(check("fleet.change", self.actor)) and bool(self.obj.schema_name),
            "may_see_trail": check("trail.view", self.actor),
        }


class OrganisationChange(FormView):
    """Say what a change means, and make it once the organisation's subdomain was typed."""

    action = "tenants.view"
    template_name = "console/tenant_change.html"
    form_class = ChangeForm
    success_message = gettext_lazy("The state was changed.")
    change: Change

    def find(self, **kwargs: Any) -> Any:
        if kwargs["change"] not in CHANGES:
            raise NotFound
        self.change = CHANGES[kwargs["change"]]
        require(self.change.action, self.actor)
        tenant = tenant_with(kwargs["tenant_id"])
        require(self.change.action, self.actor, tenant)
        return tenant

    def crumbs(self) -> list[Crumb]:
        page = reverse("console:tenant_detail", args=[self.obj.pk])
        return [Crumb(_LIST, reverse("console:tenant_list")), Crumb(self.obj.name, page)]

    def form_options(self) -> dict[str, Any]:
        return {"slug": self.obj.slug}

    def more(self) -> dict[str, Any]:
        return {
            "view_title": f"{self.change.label}: {self.obj.name}",
            "change": self.change,
            "dry_run": dry_run(change=self.change, tenant=self.obj),
            "submit_label": self.change.label,
        }

    def perform(self, data: dict[str, Any]) -> Any:
        return self.change.service(tenant=self.obj, actor=self.actor, reason=data["reason"])

    def success_url(self, result: Any) -> str:
        return reverse("console:tenant_detail", args=[result.pk])


@require_POST
@page_for("console.retry")
def retry_page(request: HttpRequest, tenant_id: UUID, backlog: str, piece_id: UUID) -> HttpResponse:
    """Begin a piece of an organisation's work anew."""
    piece_retry(tenant_id=tenant_id, backlog=backlog, piece_id=piece_id, actor=actor_of(request))
    messages.success(request, _("It is tried again."))
    return redirect_after_post(request, reverse("console:tenant_detail", args=[tenant_id]))


@require_safe
@page_for("tenants.view")
def mark_page(request: HttpRequest, tenant_id: UUID) -> HttpResponse:
    """The organisation's square logo, from its own files."""
    tenant_with(tenant_id)
    ref: TenantRef = directory().by_uuid(tenant_id)
    if not ref.schema:
        raise Http404
    with tenant_context(ref, read_only=True):
        return HttpResponse(square_logo(ref), content_type="image/png")


def _stats(inside: Inside) -> list[Stat]:
    access = inside.access
    waiting = sum(work.amount.waiting for work in inside.work)
    failed = sum(work.amount.failed for work in inside.work)
    oldest = min((work.amount.oldest for work in inside.work if work.amount.oldest), default=None)
    signed_in = access.browsers + access.programs
    return [
        Stat(_("People"), number(access.people), note=_("%(count)d signed in now") % {"count": signed_in}),
        Stat(_("API keys"), number(access.api_keys), note=_("that work")),
        Stat(_("Data"), size_text(inside.size_bytes), note=_("in %(count)d tables") % {"count": len(inside.tables)}),
        Stat(
            _("Waiting work"),
            number(waiting),
            badge=(_("%(count)d failed today") % {"count": failed}, "bad") if failed else None,
            note=_("oldest %(when)s") % {"when": ago_text(oldest)} if oldest else _("nothing waits"),
        ),
    ]


def _size_chart(days: list[Any]) -> Chart | None:
    if len(days) < 2:
        return None
    last = size_text(days[-1].size_bytes)
    return area_chart(
        sentence=_("The data went from %(first)s to %(last)s.")
        % {"first": size_text(days[0].size_bytes), "last": last},
        labels=[date_text(day.day, "day") for day in days],
        series=[Series(_("Data"), [day.size_bytes for day in days], total=last)],
        write=size_text,
        write_axis=size_text,
    )


def _entries(tenant: Any) -> list[tuple[Any, str]]:
    """The newest entries of the platform's trail about an organisation, besides those that its history shows."""
    states = [f"tenants.{state}" for state in STATES]
    found = entry_list().filter(object_type="tenants.tenant", object_id=str(tenant.pk)).exclude(action__in=states)
    return [(entry, action_text(entry.action)) for entry in found[:_ENTRIES]]
