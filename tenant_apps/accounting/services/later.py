from datetime import date
from uuid import UUID

from core.actor import Actor
from core.permissions import require
from tenant_apps.accounting.services.calls import ledger_call

_FOLD_AT_ONCE = 10_000


def ledger_fold(*, limit: int = _FOLD_AT_ONCE) -> int:
    """Add the lines that hot accounts took to their balances and totals; returns how many lines."""
    return int(ledger_call("SELECT accounting_fold(%s)", [limit])[0])


def journal_number(*, journal: UUID, through: date, actor: Actor) -> int:
    """Number the entries of a busy journal up to a day, without a gap, in the order of date and posting.

    Waits for postings under way. Returns how many entries got their number.
    """
    require("accounting.lock", actor)
    return int(ledger_call("SELECT accounting_number(%s, %s)", [journal, through])[0])
