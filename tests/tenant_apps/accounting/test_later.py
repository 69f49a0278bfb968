from datetime import timedelta
from decimal import Decimal

from core.actor import SYSTEM
from tenant_apps.accounting.models import AccountBalance, ClosingNumber, DayTotal, JournalLine
from tenant_apps.accounting.services import journal_number, ledger_fold
from tests.support.factories.books import TODAY, Books


def test_a_hot_account_is_folded_later(books: Books) -> None:
    for amount in ("1", "2", "4"):
        posted = books.post("bank", "fees", amount, idempotency_key=amount)
        assert [one.version for one in posted.balances if one.account == books["fees"]] == [None]
    assert not AccountBalance.objects.filter(account=books["fees"]).exists()
    assert ledger_fold(limit=2) == 2
    assert ledger_fold() == 1 and ledger_fold() == 0
    lines = JournalLine.objects.filter(account=books["fees"]).order_by("version")
    assert list(lines.values_list("version", "balance")) == [(1, -1), (2, -3), (3, -7)]
    balance = AccountBalance.objects.get(account=books["fees"])
    assert (balance.posted, balance.base, balance.version) == (-7, -7, 3)
    assert DayTotal.objects.get(account=books["fees"]).credit == Decimal(7)
    # The stored answer of a posting is not changed by that.
    again = books.post("bank", "fees", "1", idempotency_key="1")
    assert [one.version for one in again.balances if one.account == books["fees"]] == [None]


def test_a_busy_journal_is_numbered_when_its_period_closes(books: Books) -> None:
    busy = books.journals["busy"].id
    later = books.post("bank", "sales", "1", journal="busy", date=TODAY).entry
    earlier = books.post("bank", "sales", "1", journal="busy", date=TODAY - timedelta(days=1)).entry
    books.post("bank", "sales", "1", journal="busy", date=TODAY + timedelta(days=1))
    assert journal_number(journal=busy, through=TODAY, actor=SYSTEM) == 2
    assert list(ClosingNumber.objects.order_by("number").values_list("entry", "number")) == [(earlier, 1), (later, 2)]
    assert journal_number(journal=busy, through=TODAY, actor=SYSTEM) == 0
    assert journal_number(journal=busy, through=TODAY + timedelta(days=1), actor=SYSTEM) == 1
    assert journal_number(journal=books.journals["general"].id, through=TODAY, actor=SYSTEM) == 0
