from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from hashlib import sha256
from uuid import UUID

from core import clock
from core.actor import SYSTEM, Actor
from core.currencies import currency_of
from core.errors import Unprocessable
from core.ids import uuid7
from core.permissions import require
from tenant_apps.accounting.errors import HoldEnded
from tenant_apps.accounting.models import Hold
from tenant_apps.accounting.services.calls import ledger_call, responsible
from tenant_apps.accounting.services.lines import amount_text

_PLACE = "SELECT hold, is_replay, posted, held, version FROM accounting_hold_place(%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s)"
_END = "SELECT posted, held, version FROM accounting_hold_end(%s,%s,%s,%s)"


@dataclass(frozen=True, slots=True)
class Held:
    """What an account has on hold in a currency, and what is posted there on its normal side."""

    hold: UUID
    posted: Decimal
    held: Decimal
    version: int
    is_replay: bool = False

    @property
    def available(self) -> Decimal:
        """What is neither spent nor promised."""
        return self.posted - self.held


def hold_place(
    *,
    account: UUID,
    currency: str,
    amount: Decimal,
    actor: Actor,
    idempotency_key: str,
    expires_at: datetime | None = None,
    reason: str = "",
    room: str = "",
    source_id: str = "",
) -> Held:
    """Keep an amount of an account back until it is captured by a posting, released, or expires.

    The same key gives the same hold with the account as it is now. Raises FloorReached, KeyReused and others by name.
    """
    require("accounting.hold", actor)
    try:
        text = amount_text(amount, currency_of(currency).exponent)
    except ValueError as error:
        raise Unprocessable(str(error)) from error
    if text == "0":
        raise Unprocessable("Write an amount above zero.")
    body = "\x1f".join((str(account), currency, text, str(expires_at), reason, room, source_id))
    values = (uuid7(), account, currency, text, expires_at, reason, room, source_id, actor.kind, responsible(actor))
    row = ledger_call(_PLACE, [*values, idempotency_key, sha256(body.encode()).digest()])
    hold, is_replay, posted, held, version = row
    return Held(hold, posted, held, version, is_replay)


def hold_void(*, hold: UUID, actor: Actor) -> Held:
    """Release a hold; raises UnknownHold, HoldEnded."""
    require("accounting.hold", actor)
    return Held(hold, *ledger_call(_END, [hold, "voided", actor.kind, responsible(actor)]))


def holds_expire(*, limit: int = 1000) -> int:
    """Release the holds whose time is over; returns how many."""
    due = Hold.objects.filter(expires_at__lte=clock.now(), ending__isnull=True).order_by("expires_at")
    released = 0
    for hold in due.values_list("pk", flat=True)[:limit]:
        try:
            ledger_call(_END, [hold, "expired", SYSTEM.kind, SYSTEM.id])
            released += 1
        except HoldEnded:
            continue
    return released
