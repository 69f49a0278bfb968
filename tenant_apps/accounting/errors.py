from collections.abc import Mapping
from typing import Any

from core.errors import Conflict, LiveryError, PermissionRefused, Unprocessable

Facts = Mapping[str, Any]


class LinesInvalid(Unprocessable):
    """Some lines could not be read as amounts of an account; `errors` names each."""

    code = "lines_invalid"
    title = "Some lines are not valid"
    message = "Correct the lines that are named and post the entry again."


class LedgerRefusal(LiveryError):
    """The ledger refused to write; `facts` is what it based that on."""

    status = 422
    sentence = ""

    def __init__(self, message: str = "", *, facts: Facts | None = None) -> None:
        self.facts: Facts = facts or {}
        super().__init__(message or self.sentence.format_map(self.facts) if self.facts else message or self.sentence)


class BooksNotOpen(LedgerRefusal):
    code, status = "books_not_open", Conflict.status
    title = "The books are not open yet"
    sentence = "Choose the currency of the books first."


class UnknownJournal(LedgerRefusal):
    code = "unknown_journal"
    title = "There is no such journal"
    sentence = "Choose one of the journals of these books."


class JournalInactive(LedgerRefusal):
    code = "journal_inactive"
    title = "The journal is not in use"
    sentence = "The journal {journal} takes no more entries. Choose another one, or put it back into use."


class PeriodClosed(LedgerRefusal):
    code = "period_closed"
    title = "The period is closed"
    sentence = "{date} lies in a closed period ({area}, through {through}). Choose a later date."


class UnknownAccount(LedgerRefusal):
    code = "unknown_account"
    title = "There is no such account"
    sentence = "The account {account} is not in the chart."


class AccountTakesNothing(LedgerRefusal):
    code = "account_takes_nothing"
    title = "The account takes no lines"
    sentence = "The account {account} is a group, is not in use, or cannot hold amounts back. Choose another one."


class ControlAccount(LedgerRefusal):
    code = "control_account"
    title = "The account is kept by a sub-ledger"
    sentence = "The account {account} takes only what {room} posts. Make the change there."


class AccountCurrency(LedgerRefusal):
    code = "account_currency"
    title = "The account is kept in another currency"
    sentence = "The account {account} takes {takes}, not {currency}."


class RateMissing(LedgerRefusal):
    code = "rate_missing"
    title = "A rate is missing"
    sentence = "Give a rate or the amount in {base} for each line in {currency}."


class FloorReached(LedgerRefusal):
    code = "floor_reached"
    title = "There is not enough on the account"
    sentence = "The account {account} has {available} {currency} available, which is less than is taken."


class Unbalanced(LedgerRefusal):
    code = "unbalanced"
    title = "Debits and credits differ"
    sentence = (
        "An entry has at least two lines, and its debits equal its credits in each currency and in that of the books."
        " Open: {currencies}, in the currency of the books: {base}."
    )


class ApprovalNeeded(LedgerRefusal):
    code, status = "approval_needed", PermissionRefused.status
    title = "A second person must approve this entry"
    sentence = "From {from} {currency} on, entries in {journal} are approved first. Save it as a draft."


class KeyReused(LedgerRefusal):
    code = "key_reused"
    title = "The idempotency key was used for something else"
    sentence = "Send this request with a new key, or the first one again as it was."


class PreconditionFailed(LedgerRefusal):
    """`facts` holds the account's current version, posted and held amounts."""

    code, status = "precondition_failed", Conflict.status
    title = "The account has changed"
    sentence = "The account {code} is at version {version} with {posted} {currency}, {held} of it on hold."


class NotADraft(LedgerRefusal):
    code, status = "not_a_draft", Conflict.status
    title = "The entry is not a draft"
    sentence = "Only a draft can be changed, approved or posted. Reverse a posted entry instead."


class AlreadyReversed(LedgerRefusal):
    code, status = "already_reversed", Conflict.status
    title = "The entry was reversed already"
    sentence = "An entry is reversed once. Look at its reversal."


class AlreadyPosted(LedgerRefusal):
    code, status = "already_posted", Conflict.status
    title = "This was posted already"
    sentence = "An entry for the same event of the same object, or with the same id, is in the books."


class SelfApproval(PermissionRefused):
    code = "self_approval"
    title = "Somebody else must approve this entry"
    message = "You wrote this entry, so a second person has to approve it."


class HeldByItsRoom(LedgerRefusal):
    code, status = "held_by_its_room", Conflict.status
    title = "The entry belongs to another part of the product"
    sentence = "This entry was posted by {room}. Undo what it was posted for there."


class UnknownHold(LedgerRefusal):
    code = "unknown_hold"
    title = "There is no such hold"
    sentence = "Nothing is held under {hold}."


class HoldEnded(LedgerRefusal):
    code, status = "hold_ended", Conflict.status
    title = "The hold has ended"
    sentence = "A hold is captured, released or expired once."


class HoldRuns(LedgerRefusal):
    code, status = "hold_runs", Conflict.status
    title = "The hold has not expired"
    sentence = "Release the hold, or wait until it expires."


class HoldTooSmall(LedgerRefusal):
    code = "hold_too_small"
    title = "More is taken than was held"
    sentence = "Only {amount} {currency} are held."


class HoldElsewhere(LedgerRefusal):
    code = "hold_elsewhere"
    title = "The hold is of another account"
    sentence = "None of the lines takes from the account and currency of the hold."


class HardLock(LedgerRefusal):
    code, status = "hard_lock", Conflict.status
    title = "The books are closed for good"
    sentence = "A hard lock only moves forward; it was set through {through}."


REFUSALS: Mapping[str, type[LedgerRefusal]] = {
    kind.code: kind
    for kind in (
        BooksNotOpen,
        UnknownJournal,
        JournalInactive,
        PeriodClosed,
        UnknownAccount,
        AccountTakesNothing,
        ControlAccount,
        AccountCurrency,
        RateMissing,
        FloorReached,
        Unbalanced,
        ApprovalNeeded,
        KeyReused,
        PreconditionFailed,
        NotADraft,
        AlreadyPosted,
        AlreadyReversed,
        UnknownHold,
        HoldEnded,
        HoldRuns,
        HoldTooSmall,
        HoldElsewhere,
    )
}
CONSTRAINTS: Mapping[str, type[LedgerRefusal]] = {
    "accounting_entry_source": AlreadyPosted,
    "accounting_journalentry_pkey": AlreadyPosted,
    "accounting_entry_key": KeyReused,
    "accounting_entry_reversed_once": AlreadyReversed,
}
