from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from hashlib import sha256
from typing import Any
from uuid import UUID

from core.actor import Actor
from core.ids import uuid7
from core.permissions import require
from core.tenancy import on_commit
from tenant_apps.accounting.choices import Floor, Side
from tenant_apps.accounting.models import JournalEntry
from tenant_apps.accounting.services.calls import ledger_call, responsible
from tenant_apps.accounting.services.lines import Expectation, Line, Source, Written, write_lines
from tenant_apps.events.services import events_wake

_TYPES = {
    "p_rates": "numeric[]",
    "p_rate_rows": "bigint[]",
    "p_contacts": "uuid[]",
    "p_dimensions": "bigint[]",
    "p_memos": "text[]",
    "p_base_debits": "numeric[]",
    "p_base_credits": "numeric[]",
    "p_expect_versions": "bigint[]",
    "p_expect_available": "numeric[]",
}
_POST = (
    "SELECT entry, posted_at, number, is_replay, balances, versions FROM accounting_post("
    "%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s"
)


@dataclass(frozen=True, slots=True)
class Balance:
    """What an account came to with a line: `posted` counts on its normal side. Unknown for one that is folded later."""

    account: UUID
    currency: str
    posted: Decimal | None
    version: int | None


@dataclass(frozen=True, slots=True)
class Posted:
    """The answer to a posting; the same for every call with the same key, but for `is_replay`."""

    entry: UUID
    posted_at: datetime
    number: int | None
    is_replay: bool
    balances: tuple[Balance, ...]


def entry_post(
    *,
    journal: UUID,
    date: date,
    lines: Sequence[Line],
    actor: Actor,
    idempotency_key: str,
    memo: str = "",
    source: Source | None = None,
    hold: UUID | None = None,
    expect: Sequence[Expectation] = (),
    entry: UUID | None = None,
) -> Posted:
    """Write an entry into the books: the one door for everything that moves money.

    One round trip; alone it is a transaction of its own, inside `atomic()` part of the caller's. The same key and body
    give the stored answer, another body KeyReused. `hold` is captured by it, `expect` must still be true, `entry` is an
    id of the caller's choice. Raises PermissionRefused, LinesInvalid, and LedgerRefusals by name.
    """
    require("accounting.post", actor)
    options = source_options(source)
    if hold is not None:
        options["p_hold"] = hold
    return post(journal, date, memo, idempotency_key, actor, write_lines(lines, expect), lines, options, entry)


def post(
    journal: UUID,
    date: date,
    memo: str,
    key: str,
    actor: Actor,
    written: Written,
    lines: Sequence[Line],
    options: dict[str, Any],
    entry: UUID | None = None,
) -> Posted:
    """Call the function that posts, for services that have decided that the actor may."""
    options = options | written.optional
    digest = fingerprint(journal, date, memo, written, options)
    values: list[Any] = [entry or uuid7(), uuid7(), journal, date, memo, key, digest, actor.kind, responsible(actor)]
    named = [f",{name} => %s::{_TYPES[name]}" if name in _TYPES else f",{name} => %s" for name in options]
    row = ledger_call(f"{_POST}{''.join(named)})", [*values, *written.required, *options.values()])
    if not row[3]:
        on_commit(events_wake)
    return _answer(row, written, lines)


def fingerprint(journal: UUID, date: date, memo: str, written: Written, options: dict[str, Any]) -> bytes:
    """SHA-256 of what a posting says: what two requests with the same key must have in common."""
    more = repr(sorted(options.items())) if options else ""
    return sha256("\x1f".join((str(journal), date.isoformat(), memo, *written.required, more)).encode()).digest()


def source_options(source: Source | None) -> dict[str, Any]:
    """What an entry is posted for, as the ledger's parameters."""
    if source is None:
        return {}
    return {"p_room": source.room, "p_source": source.id, "p_happened": source.event}


def posted_before(entry: JournalEntry) -> Posted:
    """The stored answer to the posting of an entry, from its lines."""
    lines = entry.lines.select_related("account").order_by("position")
    last: dict[tuple[UUID, str], Balance] = {}
    for line in sorted(lines, key=lambda line: (line.account_id.int, line.currency, line.position)):
        account = line.account
        folded = line.balance is None or (account.is_hot and account.floor == Floor.NONE)
        sign = 1 if account.normal_side == Side.DEBIT else -1
        last[line.account_id, line.currency] = Balance(
            line.account_id,
            line.currency,
            None if folded else sign * line.balance,
            None if folded else line.version,
        )
    assert entry.posted_at is not None
    return Posted(entry.id, entry.posted_at, entry.number, True, tuple(last.values()))


def _answer(row: tuple[Any, ...], written: Written, lines: Sequence[Line]) -> Posted:
    entry, posted_at, number, is_replay, balances, versions = row
    ordered = [lines[place - 1] for place in written.places]
    last = {
        (line.account, line.currency): Balance(line.account, line.currency, posted, version)
        for line, posted, version in zip(ordered, balances, versions, strict=True)
    }
    return Posted(entry, posted_at, number, is_replay, tuple(last.values()))
