"""Calls of the ledger's functions: one round trip, and refusals by name."""

import json
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.db import DatabaseError

from core.actor import Actor
from core.tenancy import cursor, in_transaction
from tenant_apps.accounting.errors import CONSTRAINTS, REFUSALS, LedgerRefusal

_REFUSED = "LV001"
_AGAIN = frozenset({"40P01", "40001"})
_TRIES = 5


def responsible(actor: Actor) -> str:
    """The id of the person behind an actor: a key acts for its owner, so nobody is two people."""
    return str(actor.user.pk) if actor.user is not None else actor.id


def ledger_call(sql: str, values: Sequence[Any]) -> tuple[Any, ...]:
    """Send one statement to the ledger and return its only row; raises a LedgerRefusal by the ledger's reason.

    Outside of a transaction a deadlock is tried again: nothing was written.
    """
    for attempt in range(_TRIES):
        try:
            with cursor() as opened:
                opened.execute(sql, values)
                row: tuple[Any, ...] = opened.fetchone()
                return row
        except DatabaseError as error:
            refusal = refusal_of(error)
            if refusal is not None:
                raise refusal from error
            again = getattr(error.__cause__, "pgcode", None) in _AGAIN and not in_transaction()
            if not again or attempt == _TRIES - 1:
                raise
    raise AssertionError("unreachable")


def refusal_of(error: DatabaseError) -> LedgerRefusal | None:
    """The ledger's refusal that a database error stands for; None for any other error."""
    cause: Any = error.__cause__
    code = getattr(cause, "pgcode", None)
    if code == _REFUSED:
        return named_refusal(cause.diag.message_primary, cause.diag.message_detail)
    kind = CONSTRAINTS.get(cause.diag.constraint_name or "") if code == "23505" else None
    return kind() if kind else None


def named_refusal(reason: str, detail: str) -> LedgerRefusal:
    """The refusal with a code, and the facts that the ledger wrote as JSON."""
    facts = json.loads(detail, parse_float=_plain)
    return REFUSALS[reason](facts=facts) if facts else REFUSALS[reason]()


def _plain(written: str) -> Decimal:
    """A number without needless zeros, as people read it."""
    return Decimal(f"{Decimal(written).normalize():f}")
