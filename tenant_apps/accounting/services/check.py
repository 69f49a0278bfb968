import structlog

from core.actor import Actor
from core.permissions import require
from core.tenancy import atomic, cursor
from tenant_apps.accounting.metrics import BREAKS
from tenant_apps.accounting.selectors import Break, ledger_breaks

# Books of millions of lines take minutes; nothing is locked meanwhile.
_LONGEST_STATEMENT = "SET LOCAL statement_timeout = '30min'"
_log = structlog.get_logger("livery.ledger")


def ledger_check(*, actor: Actor) -> list[Break]:
    """Recompute the books from their lines and name what does not agree; an empty list proves that all does."""
    require("accounting.check", actor)
    with atomic():
        with cursor() as opened:
            opened.execute(_LONGEST_STATEMENT)
        found = list(ledger_breaks())
    for one in found:
        BREAKS.labels(one.check).inc()
        _log.error("ledger_break", check=one.check, subject=one.subject, detail=one.detail)
    return found
