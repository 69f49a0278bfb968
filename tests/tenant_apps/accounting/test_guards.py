"""The database refuses a wrong book, whoever asks: the application's role, the owner of the tables, a superuser."""

import io
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import psycopg2
import pytest
from django.db import DatabaseError, IntegrityError

from core.actor import SYSTEM
from core.tenancy import atomic, cursor, tenant_context
from tenant_apps.accounting.choices import EntryState
from tenant_apps.accounting.models import (
    Account,
    AccountBalance,
    DayTotal,
    JournalEntry,
    JournalLine,
    LedgerSettings,
    PeriodLock,
)
from tenant_apps.accounting.services import period_lock
from tests.support.databases import database
from tests.support.factories.books import TODAY, Books, make_books
from tests.support.twins import Twins

TABLES = ("journalentry", "journalline", "accountbalance", "daytotal", "numberseries")


def contents() -> list[Any]:
    """Every row of the books."""
    found = []
    with cursor() as opened:
        for table in TABLES:
            opened.execute(f"SELECT t::text FROM accounting_{table} t ORDER BY 1")
            found += opened.fetchall()
    return found


def a_line(books: Books, entry: Any, **values: Any) -> JournalLine:
    given = {"entry_id": entry, "position": 3, "account_id": books["bank"], "currency": "EUR", "date": TODAY}
    return JournalLine(**given, debit=Decimal(1), base_debit=Decimal(1), **values)


def an_entry(books: Books) -> JournalEntry:
    entry = JournalEntry(journal=books.journals["general"], date=TODAY, created_by_kind="system", memo="forged")
    entry.state, entry.posted_at, entry.idempotency_key = EntryState.POSTED, "2026-11-20T00:00:00Z", "forged"
    entry.fingerprint = b"1" * 32
    return entry


APPLICATION = {
    "bulk_create of lines": lambda books, entry: JournalLine.objects.bulk_create([a_line(books, entry)]),
    "bulk_create of a posted entry": lambda books, entry: JournalEntry.objects.bulk_create([an_entry(books)]),
    "save of a line": lambda books, entry: a_line(books, entry).save(),
    "update of lines": lambda books, entry: JournalLine.objects.update(debit=Decimal(2)),
    "update of a posted entry": lambda books, entry: JournalEntry.objects.update(memo="changed"),
    "update back to a draft": lambda books, entry: JournalEntry.objects.update(state=EntryState.DRAFT),
    "bulk_update of an entry": lambda books, entry: JournalEntry.objects.bulk_update(
        [*map(renamed, JournalEntry.objects.all())], ["memo"]
    ),
    "delete of lines": lambda books, entry: run("DELETE FROM accounting_journalline"),
    "delete of a posted entry": lambda books, entry: run("DELETE FROM accounting_journalentry"),
    "update of a balance": lambda books, entry: AccountBalance.objects.update(posted=Decimal(0)),
    "update of a total": lambda books, entry: DayTotal.objects.update(debit=Decimal(0)),
    "raw UPDATE": lambda books, entry: run("UPDATE accounting_numberseries SET last = 0"),
    "raw TRUNCATE": lambda books, entry: run("TRUNCATE accounting_journalline"),
    "COPY into lines": lambda books, entry: copy(f"{entry}\t3\t{books['bank']}\tEUR\t2026-11-20\t1\t0\t1\t0\t\n"),
    "DELETE of a leaf": lambda books, entry: run("DELETE FROM proofs_leaf"),
}


def renamed(entry: JournalEntry) -> JournalEntry:
    entry.memo = "changed"
    return entry


def run(sql: str) -> None:
    with cursor() as opened:
        opened.execute(sql)


def copy(rows: str) -> None:
    with cursor() as opened:
        opened.copy_expert(
            "COPY accounting_journalline (entry_id, position, account_id, currency, date, debit, credit, base_debit,"
            " base_credit, memo) FROM STDIN",
            io.StringIO(rows),
        )


@pytest.mark.parametrize("name", APPLICATION)
def test_the_application_writes_books_by_posting_alone(books: Books, name: str) -> None:
    entry = books.post("bank", "sales", "12.50").entry
    before = contents()
    with pytest.raises(DatabaseError), atomic():
        APPLICATION[name](books, entry)
    assert contents() == before


def test_a_refusal_in_a_savepoint_leaves_the_rest_of_the_transaction(books: Books) -> None:
    with atomic():
        first = books.post("bank", "sales", "1").entry
        with pytest.raises(DatabaseError), atomic():
            books.post("bank", "sales", "2")
            JournalEntry.objects.update(memo="changed")
        second = books.post("bank", "sales", "3").entry
    assert set(JournalLine.objects.values_list("entry", flat=True)) == {first, second}
    assert AccountBalance.objects.get(account=books["bank"]).posted == Decimal(4)


def test_a_draft_cannot_be_declared_posted(books: Books) -> None:
    draft = JournalEntry.objects.create(journal=books.journals["general"], date=TODAY, created_by_kind="system")
    with pytest.raises(DatabaseError), atomic():
        JournalEntry.objects.filter(pk=draft.pk).update(
            state=EntryState.POSTED, posted_at="2026-11-20T00:00:00Z", idempotency_key="x", fingerprint=b"x"
        )
    draft.memo = "Drafts may be changed"
    draft.save()
    draft.delete()


def test_the_application_is_not_believed_when_it_says_that_it_is_the_ledger(books: Books) -> None:
    books.post("bank", "sales", "1")
    with pytest.raises(psycopg2.errors.InsufficientPrivilege), atomic(), cursor() as opened:
        opened.cursor.execute("SELECT set_config('livery.ledger', 'writing', true)")
    with pytest.raises(psycopg2.errors.RestrictViolation), atomic(), cursor() as opened:
        # Past the cursor that refuses such statements by their text.
        opened.cursor.execute("SET LOCAL livery.ledger = 'writing'")
        opened.cursor.execute("UPDATE accounting_journalentry SET memo = 'changed'")


@pytest.mark.parametrize(
    "change",
    [{"type": "income"}, {"normal_side": "credit"}, {"is_group": True}, {"currency": "USD"}],
    ids=lambda change: next(iter(change)),
)
def test_what_an_account_means_stays_once_it_has_lines(books: Books, change: dict[str, Any]) -> None:
    Account.objects.filter(pk=books["bank"]).update(**change)
    Account.objects.filter(pk=books["bank"]).update(
        type="asset", normal_side="debit", is_group=False, currency="", name="Main bank"
    )
    books.post("bank", "sales", "1")
    with pytest.raises(IntegrityError), atomic():
        Account.objects.filter(pk=books["bank"]).update(**change)
    Account.objects.filter(pk=books["bank"]).update(name="Bank", currency="EUR")


def test_an_account_below_zero_gets_no_floor(books: Books) -> None:
    books.post("rent", "bank", "5")
    books.post("fees", "bank", "1")
    for name in ("bank", "fees"):
        with pytest.raises(IntegrityError), atomic():
            Account.objects.filter(pk=books[name]).update(floor="zero")
    books.post("bank", "fees", "1")
    books.post("bank", "sales", "5")
    Account.objects.filter(pk=books["bank"]).update(floor="zero")


def test_the_currency_of_the_books_is_final_with_the_first_line(books: Books) -> None:
    books.post("bank", "sales", "1")
    for change in (lambda rows: rows.update(base_currency="USD"), lambda rows: rows.delete()):
        with pytest.raises(IntegrityError), atomic():
            change(LedgerSettings.objects.all())


def test_the_hard_lock_only_moves_forward(books: Books) -> None:
    period_lock(area="hard", through=TODAY, actor=SYSTEM)
    locks = PeriodLock.objects.filter(area="hard")
    for change in (
        lambda: locks.update(through=TODAY - timedelta(days=1)),
        lambda: locks.update(area="all"),
        lambda: locks.delete(),
    ):
        with pytest.raises(IntegrityError), atomic():
            change()
    locks.update(through=TODAY + timedelta(days=1))
    assert locks.get().through == TODAY + timedelta(days=1)


@pytest.fixture
def owner(committed: Twins) -> Iterator[tuple[Any, Books, Any]]:
    """A superuser's session in the schema of the first twin, the twin's books with one entry, and that entry."""
    with tenant_context(committed.first):
        books = make_books()
        entry = books.post("bank", "sales", "12.50").entry
    with database() as opened:
        opened.execute(f"SET search_path = {committed.first.schema}")
        yield opened, books, entry


OWNER = [
    "UPDATE accounting_journalentry SET memo = 'changed'",
    "UPDATE accounting_journalentry SET state = 'draft', posted_at = NULL",
    "DELETE FROM accounting_journalentry",
    "TRUNCATE accounting_journalentry CASCADE",
    "UPDATE accounting_journalline SET debit = 1",
    "UPDATE accounting_journalline SET balance = 1",
    "DELETE FROM accounting_journalline",
    "TRUNCATE accounting_journalline",
    "INSERT INTO accounting_journalline (entry_id, position, account_id, currency, date, debit, credit, base_debit,"
    " base_credit, memo) SELECT entry_id, 9, account_id, 'EUR', date, debit, credit, base_debit, base_credit, ''"
    " FROM accounting_journalline",
    "INSERT INTO accounting_journalentry SELECT (jsonb_populate_record(e, jsonb_build_object('id', gen_random_uuid(),"
    " 'idempotency_key', 'x', 'number', 2))).* FROM accounting_journalentry e",
    "UPDATE accounting_accountbalance SET posted = 0",
    "DELETE FROM accounting_accountbalance",
    "TRUNCATE accounting_accountbalance",
    "UPDATE accounting_daytotal SET debit = 0",
    "UPDATE accounting_numberseries SET last = 0",
    "TRUNCATE accounting_numberseries CASCADE",
    "UPDATE proofs_leaf SET commitment = sha256('')",
    "DELETE FROM proofs_leaf",
    "TRUNCATE proofs_leaf",
]


def test_not_even_the_owner_changes_what_is_posted(owner: tuple[Any, Books, Any]) -> None:
    opened, _books, _entry = owner
    for statement in OWNER:
        with pytest.raises(psycopg2.errors.RestrictViolation):
            opened.execute(statement)
    opened.execute("SELECT count(*), sum(debit), sum(balance) FROM accounting_journalline")
    assert opened.fetchone() == (2, Decimal("12.5"), Decimal(0))


FORGED = """
INSERT INTO accounting_journalentry (id, journal_id, state, date, posted_at, memo, source_room, source_id, source_event,
    created_by_kind, created_by, idempotency_key, fingerprint)
SELECT '{id}', id, 'posted', '2026-11-20', now(), '', '', '', '', 'system', '', '{id}', 'x'
FROM accounting_journal LIMIT 1
"""
LINE = """
INSERT INTO accounting_journalline (entry_id, position, account_id, currency, date, debit, credit, base_debit,
    base_credit, memo) VALUES ('{id}', {place}, '{account}', '{currency}', '2026-11-20', {debit}, {credit}, {debit},
    {credit}, '')
"""
FORGERIES = {
    "no lines": [],
    "one line": [("EUR", 1, 0)],
    "more debit than credit": [("EUR", 2, 0), ("EUR", 0, 1)],
    "two currencies": [("EUR", 1, 0), ("USD", 0, 1)],
}


@pytest.mark.parametrize("name", FORGERIES)
def test_an_entry_that_does_not_balance_dies_at_commit_whatever_schema_is_current(
    owner: tuple[Any, Books, Any], committed: Twins, name: str
) -> None:
    opened, books, _entry = owner
    identity = "01900000-0000-7000-8000-000000000001"
    opened.execute("BEGIN")
    # Who owns the tables can claim to be the ledger; the balance is looked at nevertheless.
    opened.execute("SELECT set_config('livery.ledger', 'writing', true)")
    opened.execute(FORGED.format(id=identity))
    for place, (currency, debit, credit) in enumerate(FORGERIES[name], start=1):
        values = {"account": books["bank"], "currency": currency, "debit": debit, "credit": credit}
        opened.execute(LINE.format(id=identity, place=place, **values))
    opened.execute(f"SET search_path = {committed.second.schema}")
    with pytest.raises(psycopg2.errors.CheckViolation, match="does not balance"):
        opened.execute("COMMIT")
    opened.execute(f"SELECT count(*) FROM {committed.first.schema}.accounting_journalentry")
    assert opened.fetchone() == (1,)


@pytest.mark.parametrize(("debit", "credit"), [("'NaN'", "0"), ("0", "0"), ("1", "1"), ("-1", "0"), ("1e20", "0")])
def test_a_line_has_one_side_and_a_number(owner: tuple[Any, Books, Any], debit: str, credit: str) -> None:
    opened, books, entry = owner
    opened.execute("BEGIN")
    opened.execute("SELECT set_config('livery.ledger', 'writing', true)")
    values = {"account": books["bank"], "currency": "EUR", "debit": debit, "credit": credit, "place": 3, "id": entry}
    with pytest.raises((psycopg2.errors.CheckViolation, psycopg2.errors.NumericValueOutOfRange)):
        opened.execute(LINE.format(**values))
    opened.execute("ROLLBACK")


def test_books_of_two_organisations_never_meet(committed: Twins) -> None:
    found = []
    for tenant in (committed.first, committed.second):
        with tenant_context(tenant):
            books = make_books()
            for number in range(len(found) + 1):
                books.post("bank", "sales", "7", entry=f"01900000-0000-7000-8000-00000000000{number}")
            found.append([(line.version, line.balance) for line in JournalLine.objects.order_by("id")])
    seven = Decimal(7)
    assert found[0] == [(1, seven), (1, -seven)]
    assert found[1] == [(1, seven), (1, -seven), (2, 2 * seven), (2, -2 * seven)]
