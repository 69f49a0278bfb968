"""Who is told that a brand was published: those who may publish one."""

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.events import Event
from core.notifications import notifies
from core.web.addresses import page_path
from shared_apps.users.selectors import people_who_may


def register() -> None:
    """Register the kind."""
    notifies(
        "brand.published",
        label=gettext_lazy("The brand is published"),
        audience=_publishers,
        text=lambda event: (
            _("%(name)s has published version %(number)s of the brand.")
            % {"name": event.payload["by"], "number": event.payload["number"]}
        ),
        url=lambda event: page_path("brand:history"),
        icon="palette",
    )


def _publishers(event: Event) -> Iterable[Any]:
    return [person.pk for person in people_who_may("brand.publish") if str(person.pk) != event.payload["by_id"]]
