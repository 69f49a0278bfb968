"""What the last verification said about one organisation's tables."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from core.web.formats import ago_text
from shared_apps.console.choices import OrderKind, OrderState
from shared_apps.console.selectors import order_list


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether the tables are as recorded, None where nobody looked; `lines` are missing (`-`) or too much (`+`)."""

    is_same: bool | None
    said: str
    lines: tuple[str, ...] = ()


def verdict_of(tenant: Any) -> Verdict:
    """The newest comparison of an organisation's tables with the template."""
    mine = str(tenant.pk)
    covers = Q(arguments={}) | Q(arguments__tenant=mine)
    order = order_list().filter(covers, kind=OrderKind.VERIFY, state=OrderState.DONE).first()
    if order is None or order.finished_at is None:
        return Verdict(None, _("never compared"))
    when = ago_text(order.finished_at)
    for drift in order.result.get("drifts", []):
        if drift.get("tenant") == mine:
            return Verdict(False, _("differs, compared %(when)s") % {"when": when}, tuple(drift["lines"]))
    return Verdict(True, _("as recorded, compared %(when)s") % {"when": when})
