from tenant_apps.accounting.services.bulk import BatchRefused, NewEntry, Outcome, entries_post
from tenant_apps.accounting.services.check import ledger_check
from tenant_apps.accounting.services.drafts import (
    entry_approve,
    entry_draft_delete,
    entry_draft_save,
    entry_post_draft,
)
from tenant_apps.accounting.services.holds import Held, hold_place, hold_void, holds_expire
from tenant_apps.accounting.services.later import journal_number, ledger_fold
from tenant_apps.accounting.services.lines import Expectation, Line, Source
from tenant_apps.accounting.services.periods import lock_exception_grant, period_lock
from tenant_apps.accounting.services.posting import Balance, Posted, entry_post
from tenant_apps.accounting.services.reversal import entry_reverse
from tenant_apps.accounting.services.setup import account_create, books_open, journal_create

__all__ = [
    "Balance",
    "BatchRefused",
    "Expectation",
    "Held",
    "Line",
    "NewEntry",
    "Outcome",
    "Posted",
    "Source",
    "account_create",
    "books_open",
    "entries_post",
    "entry_approve",
    "entry_draft_delete",
    "entry_draft_save",
    "entry_post",
    "entry_post_draft",
    "entry_reverse",
    "hold_place",
    "hold_void",
    "holds_expire",
    "journal_create",
    "journal_number",
    "ledger_check",
    "ledger_fold",
    "lock_exception_grant",
    "period_lock",
]
