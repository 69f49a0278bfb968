from datetime import date
from uuid import UUID

from core.actor import Actor
from core.errors import NotFound
from core.permissions import require
from tenant_apps.accounting.choices import EntryState
from tenant_apps.accounting.errors import HeldByItsRoom, NotADraft
from tenant_apps.accounting.models import JournalEntry, JournalLine
from tenant_apps.accounting.services.lines import Line, Source, write_lines
from tenant_apps.accounting.services.posting import Posted, post, source_options


def entry_reverse(
    *, entry: UUID, date: date, actor: Actor, idempotency_key: str, memo: str = "", source: Source | None = None
) -> Posted:
    """Undo a posted entry by another one with its sides exchanged, dated in an open period.

    What a room posted is undone by that room, which names itself in `source`. Raises NotFound, NotADraft,
    HeldByItsRoom, AlreadyReversed, and what `entry_post` raises.
    """
    require("accounting.reverse", actor)
    original = JournalEntry.objects.filter(pk=entry).first()
    if original is None:
        raise NotFound
    if original.state == EntryState.DRAFT:
        raise NotADraft("A draft is not in the books yet. Change it or throw it away.")
    if original.source_room and (source is None or source.room != original.source_room):
        raise HeldByItsRoom(facts={"room": original.source_room})
    lines = [_exchanged(line) for line in original.lines.order_by("position")]
    options = {"p_reverses": entry, **source_options(source)}
    return post(original.journal_id, date, memo, idempotency_key, actor, write_lines(lines), lines, options)


def _exchanged(line: JournalLine) -> Line:
    return Line(
        account=line.account_id,
        currency=line.currency,
        debit=line.credit,
        credit=line.debit,
        base=line.base_debit or line.base_credit,
        base_is_credit=line.base_debit > 0,
        rate=line.rate,
        rate_row=line.rate_row_id,
        contact=line.contact,
        dimensions=line.dimensions_id,
        memo=line.memo,
    )
