from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.actor import Actor
from core.errors import LiveryError
from core.permissions import require
from shared_apps.console.changes import Change

if TYPE_CHECKING:
    from shared_apps.tenants.models import Tenant


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one organisation's part in a change of many; `said` is why it was refused."""

    tenant: "Tenant"
    is_done: bool
    said: str = ""


def tenants_change(*, change: Change, tenants: "Sequence[Tenant]", reason: str, actor: Actor) -> list[Outcome]:
    """Make one change to several organisations, each on its own: what one refuses stops no other."""
    return [_one(change, tenant, reason, actor) for tenant in tenants]


def _one(change: Change, tenant: "Tenant", reason: str, actor: Actor) -> Outcome:
    try:
        require(change.action, actor, tenant)
        return Outcome(change.service(tenant=tenant, actor=actor, reason=reason), is_done=True)
    except LiveryError as refusal:
        return Outcome(tenant, is_done=False, said=str(refusal))
