from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from tenant_apps.accounting.models import JournalEntry, JournalLine
from tenant_apps.proofs.services import canonical


def entry_fact(entry: JournalEntry, lines: Sequence[JournalLine]) -> bytes:
    """What the leaf of a posted entry commits to, in canonical form; the ledger's own function writes the same.

    Balances and versions are derived, and state and closing number come later: they are left out.
    """
    assert entry.posted_at is not None
    return canonical(
        {
            "v": 1,
            "id": str(entry.id),
            "journal": str(entry.journal_id),
            "date": entry.date.isoformat(),
            "posted_at": _instant(entry.posted_at),
            "series": _text(entry.series_id),
            "number": _text(entry.number),
            "memo": entry.memo,
            "source_room": entry.source_room,
            "source_id": entry.source_id,
            "source_event": entry.source_event,
            "created_by_kind": entry.created_by_kind,
            "created_by": entry.created_by,
            "approved_by": entry.approved_by,
            "reverses": _text(entry.reverses_id),
            "lines": [_line(line) for line in sorted(lines, key=lambda line: line.position)],
        }
    )


def _line(line: JournalLine) -> dict[str, Any]:
    return {
        "position": line.position,
        "account": str(line.account_id),
        "currency": line.currency,
        "debit": _number(line.debit),
        "credit": _number(line.credit),
        "base_debit": _number(line.base_debit),
        "base_credit": _number(line.base_credit),
        "rate": None if line.rate is None else _number(line.rate),
        "contact": _text(line.contact),
        "dimensions": _text(line.dimensions_id),
        "memo": line.memo,
    }


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _number(value: Decimal) -> str:
    return f"{value.normalize():f}" if value else "0"


def _instant(value: datetime) -> str:
    return f"{value.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}"
