"""Who is told how a job ended: whoever started it."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.events import Event
from core.notifications import notifies
from core.web.addresses import page_path
from tenant_apps.jobs.services import job_label


def register() -> None:
    """Register both endings."""
    notifies(
        "jobs.succeeded",
        label=gettext_lazy("A job of mine is done"),
        audience=_starter,
        text=lambda event: _("%(job)s: done.") % {"job": job_label(event.payload["kind"])},
        url=lambda event: page_path("jobs:run_detail", event.subject_id),
        icon="circle-check",
    )
    notifies(
        "jobs.failed",
        label=gettext_lazy("A job of mine fails"),
        audience=_starter,
        text=lambda event: _("%(job)s: failed.") % {"job": job_label(event.payload["kind"])},
        url=lambda event: page_path("jobs:run_detail", event.subject_id),
        icon="circle-x",
    )


def _starter(event: Event) -> list[str]:
    return [event.payload["requested_by_id"]] if event.payload["requested_by_kind"] == "user" else []
