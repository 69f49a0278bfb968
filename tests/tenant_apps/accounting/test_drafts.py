from decimal import Decimal
from typing import Any

import pytest

from core.actor import Actor
from core.errors import NotFound, PermissionRefused
from core.ids import uuid7
from core.tenancy import TenantRef, atomic, tenant_context
from tenant_apps.accounting import errors
from tenant_apps.accounting.models import ApprovalRule, DraftLine, JournalEntry, JournalLine
from tenant_apps.accounting.services import (
    Line,
    entry_approve,
    entry_draft_delete,
    entry_draft_save,
    entry_post_draft,
)
from tests.support.factories.books import TODAY, Books

ALL = frozenset({"accounting.draft", "accounting.approve", "accounting.post"})
ANN = Actor("user", "ann", "Ann", permissions=ALL)
BOB = Actor("user", "bob", "Bob", permissions=ALL)


def save(books: Books, amount: str = "150", **values: Any) -> JournalEntry:
    lines = [
        Line(books["rent"], "EUR", debit=Decimal(amount), memo="November"),
        Line(books["bank"], "EUR", credit=Decimal(150)),
    ]
    given = {"journal": books.journals["general"].id, "date": TODAY, "lines": lines, "actor": ANN, "memo": "Rent"}
    return entry_draft_save(**(given | values))


def test_a_draft_is_changed_posted_and_gone_as_a_draft(books: Books) -> None:
    draft = save(books, "100")
    with pytest.raises(errors.Unbalanced), atomic():
        entry_post_draft(entry=draft.id, actor=ANN, idempotency_key="draft")
    save(books, entry=draft.id, memo="Rent of November")
    posted = entry_post_draft(entry=draft.id, actor=BOB, idempotency_key="draft")
    entry = JournalEntry.objects.get()
    assert (entry.id, entry.state, entry.number, entry.memo) == (draft.id, "posted", 1, "Rent of November")
    assert (entry.created_by, entry.posted_at) == ("ann", posted.posted_at)
    assert list(JournalLine.objects.order_by("position").values_list("memo", flat=True)) == ["November", ""]
    assert not DraftLine.objects.exists()
    again = entry_post_draft(entry=draft.id, actor=BOB, idempotency_key="draft")
    assert again.is_replay and (again.entry, again.balances) == (posted.entry, posted.balances)
    for change in (
        lambda: entry_post_draft(entry=draft.id, actor=BOB, idempotency_key="other"),
        lambda: save(books, entry=draft.id),
        lambda: entry_approve(entry=draft.id, actor=BOB),
        lambda: entry_draft_delete(entry=draft.id, actor=ANN),
    ):
        with pytest.raises(errors.NotADraft):
            change()
    assert JournalLine.objects.count() == 2


def test_a_second_person_approves_what_a_rule_asks_for(books: Books) -> None:
    ApprovalRule.objects.create(journal=books.journals["general"], from_amount=Decimal(100))
    draft = save(books)
    with pytest.raises(errors.ApprovalNeeded), atomic():
        entry_post_draft(entry=draft.id, actor=ANN, idempotency_key="1")
    with pytest.raises(errors.SelfApproval):
        entry_approve(entry=draft.id, actor=ANN)
    entry_approve(entry=draft.id, actor=BOB)
    # A change undoes the approval, and who made it has written the draft as well.
    save(books, entry=draft.id, actor=BOB)
    with pytest.raises(errors.ApprovalNeeded), atomic():
        entry_post_draft(entry=draft.id, actor=ANN, idempotency_key="1")
    with pytest.raises(errors.SelfApproval):
        entry_approve(entry=draft.id, actor=BOB)
    entry_approve(entry=draft.id, actor=ANN)
    entry_post_draft(entry=draft.id, actor=BOB, idempotency_key="1")
    assert JournalEntry.objects.get().approved_by == "ann"


def test_the_approver_has_the_role_that_the_rule_names(books: Books) -> None:
    ApprovalRule.objects.create(journal=books.journals["general"], role="cfo")
    draft = save(books)
    with pytest.raises(PermissionRefused, match="cfo"):
        entry_approve(entry=draft.id, actor=BOB)
    assert JournalEntry.objects.get().approved_by is None


def test_drafts_are_thrown_away_and_belong_to_one_organisation(books: Books, other_tenant: TenantRef) -> None:
    draft = save(books)
    with tenant_context(other_tenant), pytest.raises(NotFound):
        entry_post_draft(entry=draft.id, actor=ANN, idempotency_key="1")
    with pytest.raises(NotFound):
        entry_approve(entry=uuid7(), actor=BOB)
    entry_draft_delete(entry=draft.id, actor=BOB)
    assert not JournalEntry.objects.exists() and not DraftLine.objects.exists()
