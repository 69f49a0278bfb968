from collections.abc import Iterator

from django.urls import reverse
from django.utils.translation import gettext as _

from core.actor import Actor
from core.tenancy import require_scope
from core.web.context_processors import HostKind
from core.web.search import Hit
from core.web.settings_area import pages_for


def settings_pages(actor: Actor, text: str, limit: int) -> list[Hit]:
    """The settings pages that this actor may open and that are called so, or where such a thing is set."""
    return list(_matching(actor, text.casefold()))[:limit]


def _matching(actor: Actor, wanted: str) -> Iterator[Hit]:
    host_kind: HostKind = "platform" if require_scope().is_platform else "tenant"
    for page in pages_for(actor, host_kind):
        if wanted in f"{page.label} {page.about} {_('Settings')}".casefold():
            yield Hit(page.label, reverse(page.url_name), _("Settings"))
