from typing import Any

from core.actor import Actor
from core.permissions import Decision, action, granted

_staff = (
    "tenant_admin",
    "firm_admin",
    "cfo",
    "accountant",
    "staff",
    "reviewer",
    "platform_admin",
    "support",
)

granted("jobs.manage", "See and cancel everybody's jobs", roles=("tenant_admin", "platform_admin"))


@action("jobs.view", "See jobs that you started", roles=_staff)
def may_view(actor: Actor, run: Any = None) -> Decision:
    """Everybody sees their own runs; those of others need `jobs.manage`."""
    return _own_or_managed("jobs.view", actor, run)


@action("jobs.cancel", "Cancel jobs that you started", roles=_staff)
def may_cancel(actor: Actor, run: Any = None) -> Decision:
    """Everybody cancels their own runs; those of others need `jobs.manage`."""
    return _own_or_managed("jobs.cancel", actor, run)


def _own_or_managed(code: str, actor: Actor, run: Any) -> Decision:
    if not actor.may(code):
        return Decision(False, "Your role does not include jobs. Ask an administrator.")
    own = run is None or (run.requested_by_kind, run.requested_by_id) == (actor.kind, actor.id)
    if own or actor.may("jobs.manage"):
        return Decision(True)
    return Decision(False, "Somebody else started this job. An administrator can see it.")
