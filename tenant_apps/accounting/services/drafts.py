from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from core import clock
from core.actor import Actor
from core.errors import NotFound, PermissionRefused
from core.permissions import require
from core.tenancy import atomic
from shared_apps.trail.services import trail_record
from tenant_apps.accounting.choices import EntryState
from tenant_apps.accounting.errors import KeyReused, NotADraft, SelfApproval
from tenant_apps.accounting.models import ApprovalRule, DraftLine, JournalEntry
from tenant_apps.accounting.services.calls import responsible
from tenant_apps.accounting.services.lines import Line, write_lines
from tenant_apps.accounting.services.posting import Posted, post, posted_before


def entry_draft_save(
    *,
    journal: UUID,
    date: date,
    lines: Sequence[Line],
    actor: Actor,
    memo: str = "",
    entry: UUID | None = None,
    reverse_on: date | None = None,
) -> JournalEntry:
    """Keep an entry that is not in the books yet, or change it; it need not balance. A change undoes an approval.

    Raises NotFound, NotADraft, LinesInvalid.
    """
    require("accounting.draft", actor)
    write_lines(lines)
    with atomic():
        draft = _draft(entry) if entry else JournalEntry(created_by_kind=actor.kind, created_by=responsible(actor))
        draft.journal_id, draft.date, draft.memo, draft.reverse_on = journal, date, memo, reverse_on
        draft.approved_by = draft.approved_at = None
        if entry:
            # Whoever changes a draft has written it as well.
            draft.created_by_kind, draft.created_by = actor.kind, responsible(actor)
        draft.save()
        draft.draft_lines.all().delete()
        DraftLine.objects.bulk_create(_kept(draft, line, place) for place, line in enumerate(lines, start=1))
        trail_record(actor=actor, action="accounting.draft_save", obj=draft)
    return draft


def entry_draft_delete(*, entry: UUID, actor: Actor) -> None:
    """Throw a draft away; raises NotFound, NotADraft."""
    require("accounting.draft", actor)
    with atomic():
        draft = _draft(entry)
        trail_record(actor=actor, action="accounting.draft_delete", obj=draft)
        draft.draft_lines.all().delete()
        draft.delete()


def entry_approve(*, entry: UUID, actor: Actor) -> JournalEntry:
    """Agree to a draft that somebody else wrote; raises NotFound, NotADraft, SelfApproval, PermissionRefused."""
    require("accounting.approve", actor)
    with atomic():
        draft = _draft(entry)
        if draft.created_by == responsible(actor):
            raise SelfApproval
        _require_role(draft, actor)
        draft.approved_by, draft.approved_at = responsible(actor), clock.now()
        draft.save(update_fields=["approved_by", "approved_at"])
        trail_record(actor=actor, action="accounting.approve", obj=draft)
    return draft


def entry_post_draft(*, entry: UUID, actor: Actor, idempotency_key: str) -> Posted:
    """Write a draft into the books as it stands.

    Raises NotFound, NotADraft, and what `entry_post` raises. The same key gives the stored answer.
    """
    require("accounting.post", actor)
    with atomic():
        draft = _locked(entry)
        if draft.state != EntryState.DRAFT:
            if draft.idempotency_key != idempotency_key:
                raise NotADraft
            return posted_before(draft)
        if JournalEntry.objects.filter(idempotency_key=idempotency_key).exists():
            raise KeyReused
        lines = [_line(kept) for kept in draft.draft_lines.order_by("position")]
        options: dict[str, Any] = {"p_is_draft": True}
        written = write_lines(lines)
        posted = post(
            draft.journal_id, draft.date, draft.memo, idempotency_key, actor, written, lines, options, draft.id
        )
        draft.draft_lines.all().delete()
    return posted


def _locked(entry: UUID) -> JournalEntry:
    found = JournalEntry.objects.select_for_update().filter(pk=entry).first()
    if found is None:
        raise NotFound
    return found


def _draft(entry: UUID) -> JournalEntry:
    draft = _locked(entry)
    if draft.state != EntryState.DRAFT:
        raise NotADraft
    return draft


def _require_role(draft: JournalEntry, actor: Actor) -> None:
    asked = set(ApprovalRule.objects.filter(journal=draft.journal_id).exclude(role="").values_list("role", flat=True))
    if not asked or actor.kind == "system":
        return
    held = set(actor.user.roles.values_list("code", flat=True)) if actor.user is not None else set()
    if not asked & held:
        raise PermissionRefused(f"Entries in this journal are approved by: {', '.join(sorted(asked))}.")


def _kept(draft: JournalEntry, line: Line, place: int) -> DraftLine:
    return DraftLine(
        entry=draft,
        position=place,
        account_id=line.account,
        currency=line.currency,
        debit=line.debit,
        credit=line.credit,
        base_amount=line.base,
        base_is_credit=line.base_is_credit,
        rate=line.rate,
        rate_row_id=line.rate_row,
        contact=line.contact,
        dimensions_id=line.dimensions,
        memo=line.memo,
    )


def _line(kept: DraftLine) -> Line:
    return Line(
        account=kept.account_id,
        currency=kept.currency,
        debit=kept.debit,
        credit=kept.credit,
        base=kept.base_amount,
        base_is_credit=kept.base_is_credit,
        rate=kept.rate,
        rate_row=kept.rate_row_id,
        contact=kept.contact,
        dimensions=kept.dimensions_id,
        memo=kept.memo,
    )
