from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from core.actor import ANONYMOUS, SYSTEM
from core.errors import PermissionRefused
from core.tenancy import tenant_context
from tenant_apps.accounting.models import JournalEntry
from tenant_apps.accounting.selectors import balance_get, entry_fact, trial_balance
from tenant_apps.accounting.services import (
    Line,
    Source,
    entry_reverse,
    hold_place,
    journal_number,
    ledger_check,
    ledger_fold,
    period_lock,
)
from tenant_apps.proofs.models import Leaf
from tests.support.databases import database
from tests.support.factories.books import TODAY, Books, make_books
from tests.support.twins import Twins

KEPT = (
    "accounting_account",
    "accounting_accountbalance",
    "accounting_closingnumber",
    "accounting_daytotal",
    "accounting_draftline",
    "accounting_fiscalyear",
    "accounting_hold",
    "accounting_holdending",
    "accounting_journalentry",
    "accounting_journalline",
    "accounting_ledgersettings",
    "accounting_numberseries",
    "accounting_period",
    "accounting_periodlock",
    "accounting_approvalrule",
    "proofs_leaf",
)
STRANGE = 'Zoë "quoted" \\ \b\f\n\r\t\x01\x7f \u2028 \U0001f600'


def fill(books: Books) -> None:
    """Every kind of entry that the checks know."""
    books.post("bank", "sales", "12.50", memo=STRANGE)
    reversed_one = books.post("rent", "bank", "5", journal="busy").entry
    entry_reverse(entry=reversed_one, date=TODAY + timedelta(days=1), actor=SYSTEM, idempotency_key="reverse")
    books.post("bank", "wallet", "20", source=Source("wallet", "1", "paid in"))
    books.post("wallet", "fees", "1")
    books.post("bank", "fees", "2")
    ledger_fold()
    books.post("bank", "fees", "4")
    dollars = [
        Line(books["dollars"], "USD", debit=Decimal(10), rate=Decimal("0.91"), memo=STRANGE, contact=books["bank"]),
        Line(books["sales"], "USD", credit=Decimal(10), base=Decimal("9.1")),
    ]
    books.post("bank", "sales", "1", lines=dollars)
    values = {"account": books["wallet"], "currency": "EUR", "amount": Decimal(3), "idempotency_key": "hold"}
    hold_place(actor=SYSTEM, **values)
    journal_number(journal=books.journals["busy"].id, through=TODAY, actor=SYSTEM)
    books.post("receivable", "sales", "1", source=Source("invoicing", "1", "issued"))
    period_lock(area="hard", through=TODAY - timedelta(days=1), actor=SYSTEM)


def test_right_books_have_no_findings(books: Books) -> None:
    assert ledger_check(actor=SYSTEM) == []
    fill(books)
    assert ledger_check(actor=SYSTEM) == []
    with pytest.raises(PermissionRefused):
        ledger_check(actor=ANONYMOUS)
    assert sum(row.base for row in trial_balance()) == 0
    assert sum(row.base for row in trial_balance(as_of=TODAY)) == 0
    assert {row.account for row in trial_balance(as_of=TODAY - timedelta(days=1))} == set()
    state = balance_get(account=books["fees"], currency="EUR")
    assert (state.posted, state.version) == (7, 2)
    state = balance_get(account=books["wallet"], currency="EUR")
    assert (state.posted, state.held, state.available) == (19, 3, 16)
    assert balance_get(account=books["rent"], currency="USD").posted == 0


def test_the_ledger_writes_the_canonical_form(books: Books) -> None:
    fill(books)
    for entry in JournalEntry.objects.all():
        fact = entry_fact(entry, list(entry.lines.all()))
        assert b'"v":1}' in fact and Leaf.objects.filter(fact_id=entry.id).count() == 1
    Leaf.objects.filter(fact_id=JournalEntry.objects.first().pk).update(salt=None)
    assert ledger_check(actor=SYSTEM) == []


@pytest.fixture
def superuser(committed: Twins) -> Iterator[tuple[Any, Books]]:
    """A session to which no trigger applies, in the filled schema of the first twin."""
    with tenant_context(committed.first):
        books = make_books()
        fill(books)
    with database() as opened:
        opened.execute(f"SET search_path = {committed.first.schema}")
        opened.execute("SET session_replication_role = replica")
        opened.execute("CREATE SCHEMA kept")
        for table in KEPT:
            opened.execute(f"CREATE TABLE kept.{table} AS TABLE {table}")
        yield opened, books
        opened.execute("DROP SCHEMA kept CASCADE")


def restore(opened: Any) -> None:
    opened.execute(f"TRUNCATE {', '.join(KEPT)}")
    for table in KEPT:
        opened.execute(f"INSERT INTO {table} SELECT * FROM kept.{table}")


ONE = "(SELECT id FROM accounting_journalline WHERE debit > 0 ORDER BY id LIMIT 1)"
DAMAGES = {
    f"UPDATE accounting_journalline SET debit = debit + 1, base_debit = base_debit + 1 WHERE id = {ONE}": {
        "entry_balances",
        "trial_balance",
        "balance_is_sum_of_lines",
        "running_balance",
        "day_totals",
        "leaf_differs",
    },
    f"UPDATE accounting_journalline SET memo = 'changed' WHERE id = {ONE}": {"leaf_differs"},
    "UPDATE accounting_journalentry SET memo = 'changed' WHERE memo <> ''": {"leaf_differs"},
    "UPDATE accounting_journalentry SET posted_at = posted_at + interval '1 microsecond' WHERE number = 1": {
        "leaf_differs"
    },
    "DELETE FROM accounting_journalentry WHERE number = 1": {"line_without_entry", "numbers_dense"},
    "UPDATE accounting_journalline SET balance = balance + 1 WHERE version = 1": {"running_balance"},
    f"UPDATE accounting_journalline SET version = 99 WHERE id = {ONE}": {"running_balance"},
    "UPDATE accounting_accountbalance SET posted = posted + 1 WHERE version > 1 AND posted > 0": {
        "balance_is_sum_of_lines"
    },
    "DELETE FROM accounting_accountbalance WHERE held = 0": {"balance_is_sum_of_lines"},
    "UPDATE accounting_accountbalance SET held = 0": {"held_is_sum_of_holds"},
    "UPDATE accounting_accountbalance SET held = held + 100 WHERE held > 0": {"held_is_sum_of_holds", "floor"},
    "UPDATE accounting_daytotal SET credit = credit + 1": {"day_totals"},
    "DELETE FROM accounting_daytotal": {"day_totals"},
    "UPDATE accounting_numberseries SET last = last + 1": {"numbers_dense"},
    "UPDATE accounting_journalentry SET number = number + 100 WHERE number = 1": {"numbers_dense", "leaf_differs"},
    "UPDATE accounting_journalentry SET number = NULL, series_id = NULL WHERE number = 1": {
        "number_missing",
        "numbers_dense",
        "leaf_differs",
    },
    "DELETE FROM accounting_closingnumber": {"numbers_dense"},
    "UPDATE accounting_periodlock SET through = '2026-12-31', changed_at = '2026-01-01'": {"periods_respected"},
    "UPDATE accounting_account SET currency = 'CHF' WHERE name = 'bank'": {"account_rules"},
    "UPDATE accounting_account SET control_room = 'sales' WHERE name = 'bank'": {"control_accounts"},
    "UPDATE accounting_journalentry SET state = 'posted'": {"reversals"},
    "UPDATE accounting_journalentry SET state = 'reversed'": {"reversals"},
    "DELETE FROM proofs_leaf": {"leaf_missing"},
    "UPDATE proofs_leaf SET commitment = sha256('')": {"leaf_differs"},
}


def test_each_damage_by_a_superuser_is_named(superuser: tuple[Any, Books], committed: Twins) -> None:
    opened, _books = superuser
    with tenant_context(committed.first):
        assert ledger_check(actor=SYSTEM) == []
    for damage, names in DAMAGES.items():
        opened.execute(damage)
        with tenant_context(committed.first):
            assert {one.check for one in ledger_check(actor=SYSTEM)} == names, damage
        restore(opened)
    with tenant_context(committed.first):
        assert ledger_check(actor=SYSTEM) == []


def test_the_command_tells_whose_books_are_wrong(superuser: tuple[Any, Books]) -> None:
    out = StringIO()
    call_command("accounting", "check", all=True, stdout=out)
    assert "north  in order" in out.getvalue() and "south  in order" in out.getvalue()
    superuser[0].execute("UPDATE accounting_daytotal SET credit = credit + 1")
    with pytest.raises(CommandError, match="books of 1 organisation"):
        call_command("accounting", "check", tenant="north", stdout=out)
    assert "day_totals" in out.getvalue()
    call_command("accounting", "fold", tenant="north", stdout=out)
    assert "north  1 lines folded" in out.getvalue()
    with pytest.raises(CommandError, match="no organisation"):
        call_command("accounting", "check", tenant="nobody")
