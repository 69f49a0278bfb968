from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_lazy as _

from core.tenancy import TenantState
from core.web.formats import number_text

S = TenantState
# What people read for a state, and the kind of its badge.
STATES: Mapping[str, tuple[Any, str]] = {
    S.REQUESTED: (_("Requested"), "info"),
    S.PROVISIONING: (_("Being set up"), "info"),
    S.READY: (_("Ready"), "info"),
    S.TRIAL: (_("Trial"), "ok"),
    S.ACTIVE: (_("Active"), "ok"),
    S.PAST_DUE: (_("Past due"), "warn"),
    S.READ_ONLY: (_("Read-only"), "warn"),
    S.SUSPENDED: (_("Suspended"), "bad"),
    S.ARCHIVED: (_("Archived"), ""),
    S.DELETING: (_("Being deleted"), "bad"),
    S.PURGED: (_("Deleted"), ""),
    S.MOVING: (_("Being moved"), "info"),
    S.RESTORING: (_("Being restored"), "info"),
}
_UNITS = ("B", "kB", "MB", "GB", "TB", "PB")


def state_text(state: str) -> str:
    """What people read for a state."""
    return str(STATES[state][0])


ACTIONS: Mapping[str, Any] = {
    "tenants.create": _("Requested"),
    "tenants.options": _("Options changed"),
    "console.retry": _("Failed work tried again"),
}


def action_text(action: str) -> str:
    """What people read for an action of the platform's trail; its code where nobody said."""
    return str(ACTIONS.get(action, action))


def size_text(value: Decimal | int | None) -> str:
    """An amount of bytes in the largest unit (of 1,000) that fits, with one decimal."""
    if value is None:
        return ""
    size, unit = Decimal(value), 0
    while abs(size) >= 1000 and unit < len(_UNITS) - 1:
        size, unit = size / 1000, unit + 1
    return f"{number_text(size, 1 if unit else 0)}\N{NO-BREAK SPACE}{_UNITS[unit]}"
