"""Jobs in the search."""

from collections.abc import Iterator

from django.urls import reverse

from core.actor import Actor
from core.web.formats import ago_text
from core.web.search import Hit
from tenant_apps.jobs.selectors import run_list
from tenant_apps.jobs.services import kinds_like


def runs_found(actor: Actor, text: str, limit: int) -> Iterator[Hit]:
    """The newest jobs whose name holds a text, of those that the actor may see."""
    labels = kinds_like(text)
    for run in run_list(actor=actor).filter(kind__in=labels)[:limit] if labels else ():
        context = f"{run.get_state_display()}, {ago_text(run.created_at)}"
        yield Hit(labels[run.kind], reverse("jobs:run_detail", args=[run.pk]), context)
