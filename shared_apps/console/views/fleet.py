from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from core.errors import NotFound
from core.permissions import check
from core.web.gate import page_for
from core.web.htmx import redirect_after_post, render_page
from core.web.requests import actor_of
from core.web.views import FormView, RoomView
from core.web.views.base import Crumb
from shared_apps.console.choices import OrderKind
from shared_apps.console.fleet_state import fleet_state
from shared_apps.console.forms import ReasonForm
from shared_apps.console.services.orders import fleet_go_on, order_place
from shared_apps.tenants.selectors import tenant_with
from shared_apps.tenants.services import fleet_pause, fleet_skip

_FLEET = gettext_lazy("Fleet")


class FleetPage(RoomView):
    """How far every organisation's tables are, and what workers are asked to do about it."""

    action = "fleet.view"
    title = _FLEET

    def get(self, request: HttpRequest) -> HttpResponse:
        """The page, or for htmx the part that moves."""
        context = {
            **self.page_context(),
            "fleet": fleet_state(),
            "kinds": OrderKind,
            "may_change": check("fleet.change", self.actor),
        }
        return render_page(request, "console/fleet.html", context, fragment="progress")


class FleetPause(FormView):
    """Stop after the schema that is at work, until somebody resumes."""

    action = "fleet.change"
    title = gettext_lazy("Stop the migration")
    form_class = ReasonForm
    submit_label = gettext_lazy("Stop after the current organisation")
    success_message = gettext_lazy("The migration stops after the organisation that it is at.")

    def crumbs(self) -> list[Crumb]:
        return [Crumb(_FLEET, reverse("console:fleet"))]

    def perform(self, data: dict[str, Any]) -> Any:
        return fleet_pause(reason=data["reason"], actor=self.actor)

    def success_url(self, result: Any) -> str:
        return reverse("console:fleet")


class FleetSkip(FormView):
    """Leave one organisation out of the open run."""

    action = "fleet.change"
    form_class = ReasonForm
    submit_label = gettext_lazy("Leave it out of this run")
    success_message = gettext_lazy("It is left out: it answers 503 until a later run includes it.")

    def find(self, **kwargs: Any) -> Any:
        return tenant_with(kwargs["tenant_id"])

    def crumbs(self) -> list[Crumb]:
        return [Crumb(_FLEET, reverse("console:fleet"))]

    def more(self) -> dict[str, Any]:
        return {"view_title": _("Skip %(tenant)s") % {"tenant": self.obj.name}}

    def perform(self, data: dict[str, Any]) -> Any:
        return fleet_skip(schema=str(self.obj.schema_name), reason=data["reason"], actor=self.actor)

    def success_url(self, result: Any) -> str:
        return reverse("console:fleet")


@require_POST
@page_for("fleet.change")
def order_page(request: HttpRequest, kind: str) -> HttpResponse:
    """Ask the workers to migrate, to compare or to fill the pool."""
    if kind not in OrderKind.values:
        raise NotFound
    order_place(kind=OrderKind(kind), actor=actor_of(request))
    messages.success(request, _("A worker takes it up in a moment."))
    return redirect_after_post(request, "console:fleet")


@require_POST
@page_for("fleet.change")
def resume_page(request: HttpRequest) -> HttpResponse:
    """Take the pause back."""
    fleet_go_on(actor=actor_of(request))
    messages.success(request, _("The migration goes on in a moment."))
    return redirect_after_post(request, "console:fleet")


@require_POST
@page_for("fleet.change")
def verify_page(request: HttpRequest, tenant_id: UUID) -> HttpResponse:
    """Compare one organisation's tables with the template."""
    tenant = tenant_with(tenant_id)
    order_place(kind=OrderKind.VERIFY, actor=actor_of(request), arguments={"tenant": str(tenant.pk)})
    messages.success(request, _("A worker compares its tables. Reload this page in a moment."))
    return redirect_after_post(request, reverse("console:tenant_detail", args=[tenant_id]))
