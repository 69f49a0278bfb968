from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from uuid import UUID

from core.tenancy import cursor
from tenant_apps.accounting.choices import EntryState
from tenant_apps.accounting.models import JournalEntry, JournalLine
from tenant_apps.accounting.selectors.facts import entry_fact
from tenant_apps.proofs.selectors import leaves_of
from tenant_apps.proofs.services import commitment

_SHOWN = 20
_PAGE = 2_000

# Each statement is one snapshot, so postings under way break nothing. It names a subject and what is wrong with it.
CHECKS: Mapping[str, str] = {
    "entry_balances": """
        SELECT e.id, format('%s lines, base %s, open in %s', coalesce(s.lines, 0), s.base, s.open)
        FROM accounting_journalentry e LEFT JOIN (
            SELECT c.entry_id, sum(c.lines) AS lines, sum(c.base) AS base,
                string_agg(c.currency, ', ') FILTER (WHERE c.rest <> 0) AS open
            FROM (
                SELECT l.entry_id, l.currency, count(*) AS lines, sum(l.debit - l.credit) AS rest,
                    sum(l.base_debit - l.base_credit) AS base
                FROM accounting_journalline l GROUP BY l.entry_id, l.currency
            ) c GROUP BY c.entry_id
        ) s ON s.entry_id = e.id
        WHERE e.state <> 'draft' AND (s.lines IS NULL OR s.lines < 2 OR s.base <> 0 OR s.open IS NOT NULL)
    """,
    "line_without_entry": """
        SELECT l.id, format('entry %s', l.entry_id) FROM accounting_journalline l
        LEFT JOIN accounting_journalentry e ON e.id = l.entry_id AND e.state <> 'draft' AND e.date = l.date
        WHERE e.id IS NULL
    """,
    "trial_balance": """
        SELECT l.currency, format('%s, base %s', sum(l.debit - l.credit), sum(l.base_debit - l.base_credit))
        FROM accounting_journalline l GROUP BY ROLLUP (l.currency)
        HAVING GROUPING(l.currency) = 0 AND sum(l.debit - l.credit) <> 0
        OR GROUPING(l.currency) = 1 AND sum(l.base_debit - l.base_credit) <> 0
    """,
    "balance_is_sum_of_lines": """
        SELECT coalesce(b.account_id, s.account_id), format('%s: posted %s base %s version %s, lines %s %s %s',
            coalesce(b.currency, s.currency), b.posted, b.base, b.version, s.posted, s.base, s.version)
        FROM accounting_accountbalance b FULL JOIN (
            SELECT l.account_id, l.currency, sum(l.debit - l.credit) AS posted,
                sum(l.base_debit - l.base_credit) AS base, count(*) AS version
            FROM accounting_journalline l WHERE l.version IS NOT NULL GROUP BY l.account_id, l.currency
        ) s ON s.account_id = b.account_id AND s.currency = b.currency
        WHERE (b.posted, b.base, b.version) IS DISTINCT FROM (s.posted, s.base, s.version)
        AND NOT (s.account_id IS NULL AND b.posted = 0 AND b.base = 0 AND b.version = 0)
    """,
    "running_balance": """
        SELECT o.id, format('version %s after %s, balance %s instead of %s', o.version, o.place - 1, o.balance, o.due)
        FROM (
            SELECT l.id, l.version, l.balance, row_number() OVER w AS place, sum(l.debit - l.credit) OVER w AS due
            FROM accounting_journalline l WHERE l.version IS NOT NULL
            WINDOW w AS (PARTITION BY l.account_id, l.currency ORDER BY l.version, l.id)
        ) o WHERE o.version <> o.place OR o.balance <> o.due
    """,
    "day_totals": """
        SELECT coalesce(d.account_id, s.account_id), format('%s %s: %s/%s instead of %s/%s',
            coalesce(d.currency, s.currency), coalesce(d.date, s.date), d.debit, d.credit, s.debit, s.credit)
        FROM accounting_daytotal d FULL JOIN (
            SELECT l.account_id, l.currency, l.date, sum(l.debit) AS debit, sum(l.credit) AS credit,
                sum(l.base_debit) AS base_debit, sum(l.base_credit) AS base_credit
            FROM accounting_journalline l WHERE l.version IS NOT NULL GROUP BY l.account_id, l.currency, l.date
        ) s ON s.account_id = d.account_id AND s.currency = d.currency AND s.date = d.date
        WHERE (d.debit, d.credit, d.base_debit, d.base_credit)
        IS DISTINCT FROM (s.debit, s.credit, s.base_debit, s.base_credit)
    """,
    "held_is_sum_of_holds": """
        SELECT coalesce(b.account_id, s.account_id), format('%s instead of %s', b.held, coalesce(s.held, 0))
        FROM accounting_accountbalance b FULL JOIN (
            SELECT h.account_id, h.currency, sum(h.amount) AS held FROM accounting_hold h
            WHERE NOT EXISTS (SELECT FROM accounting_holdending n WHERE n.hold_id = h.id)
            GROUP BY h.account_id, h.currency
        ) s ON s.account_id = b.account_id AND s.currency = b.currency
        WHERE coalesce(b.held, 0) <> coalesce(s.held, 0)
    """,
    "floor": """
        SELECT a.id, format('%s: %s %s, %s of it held', a.code, b.posted, b.currency, b.held)
        FROM accounting_account a JOIN accounting_accountbalance b ON b.account_id = a.id
        WHERE a.floor = 'zero' AND b.posted * CASE a.normal_side WHEN 'debit' THEN 1 ELSE -1 END < b.held
    """,
    "numbers_dense": """
        SELECT s.id, format('%s numbers up to %s, the series is at %s', count(n.number), max(n.number), s.last)
        FROM accounting_numberseries s LEFT JOIN (
            SELECT e.series_id, e.number FROM accounting_journalentry e WHERE e.number IS NOT NULL
            UNION ALL SELECT c.series_id, c.number FROM accounting_closingnumber c
        ) n ON n.series_id = s.id
        GROUP BY s.id, s.last
        HAVING count(n.number) <> s.last OR count(DISTINCT n.number) <> s.last OR coalesce(max(n.number), 0) <> s.last
    """,
    "number_missing": """
        SELECT e.id, j.code FROM accounting_journalentry e JOIN accounting_journal j ON j.id = e.journal_id
        WHERE e.state <> 'draft' AND e.number IS NULL AND j.numbering = 'posting'
        AND NOT EXISTS (SELECT FROM accounting_closingnumber c WHERE c.entry_id = e.id)
    """,
    "periods_respected": """
        SELECT e.id, format('dated %s, posted %s, closed through %s since %s', e.date, e.posted_at, k.through,
            k.changed_at)
        FROM accounting_journalentry e JOIN accounting_periodlock k ON k.area = 'hard'
        WHERE e.state <> 'draft' AND e.date <= k.through AND e.posted_at > k.changed_at
    """,
    "account_rules": """
        SELECT l.id, format('%s in %s', a.code, l.currency) FROM accounting_journalline l
        LEFT JOIN accounting_account a ON a.id = l.account_id
        WHERE a.id IS NULL OR a.is_group OR a.currency <> '' AND a.currency <> l.currency
    """,
    "control_accounts": """
        SELECT l.id, format('%s posted by %L', a.code, e.source_room) FROM accounting_account a
        JOIN accounting_journalline l ON l.account_id = a.id JOIN accounting_journalentry e ON e.id = l.entry_id
        WHERE a.control_room <> '' AND e.source_room <> a.control_room
    """,
    "reversals": """
        SELECT e.id, 'is marked as reversed without a reversal, or has one and is not marked'
        FROM accounting_journalentry e WHERE (e.state = 'reversed') <> EXISTS (
            SELECT FROM accounting_journalentry r WHERE r.reverses_id = e.id AND r.state <> 'draft'
        )
        UNION ALL
        SELECT r.id, format('does not undo entry %s', r.reverses_id)
        FROM accounting_journalentry r WHERE r.reverses_id IS NOT NULL AND EXISTS (
            SELECT FROM accounting_journalline l WHERE l.entry_id IN (r.id, r.reverses_id)
            GROUP BY l.account_id, l.currency
            HAVING sum(l.debit - l.credit) <> 0 OR sum(l.base_debit - l.base_credit) <> 0
        )
    """,
}


@dataclass(frozen=True, slots=True)
class Break:
    """Something in the books that cannot be: which check found it, about what."""

    check: str
    subject: str
    detail: str

    def __str__(self) -> str:
        return f"{self.check}: {self.subject}: {self.detail}"


def ledger_breaks() -> Iterator[Break]:
    """What is wrong with the books, the first findings of each check; nothing where they are right."""
    for name, sql in CHECKS.items():
        with cursor() as opened:
            opened.execute(f"{sql} LIMIT {_SHOWN}")
            found = opened.fetchall()
        yield from (Break(name, str(subject), str(detail)) for subject, detail in found)
    yield from _leaf_breaks()


def _leaf_breaks() -> Iterator[Break]:
    """Posted entries whose leaf is missing or stands for something else; those whose salt was erased tell nothing."""
    last = UUID(int=0)
    while True:
        posted = JournalEntry.objects.exclude(state=EntryState.DRAFT).filter(id__gt=last).order_by("id")
        entries = list(posted[:_PAGE])
        if not entries:
            return
        last = entries[-1].id
        ids = [entry.id for entry in entries]
        lines = JournalLine.objects.filter(entry__in=ids).order_by("entry", "position")
        by_entry = {entry: list(group) for entry, group in groupby(lines, key=attrgetter("entry_id"))}
        leaves = leaves_of(ids)
        for entry in entries:
            leaf = leaves.get(entry.id)
            if leaf is None:
                yield Break("leaf_missing", str(entry.id), "has no leaf in the log")
            elif leaf.salt is not None:
                fact = entry_fact(entry, by_entry.get(entry.id, []))
                if commitment(bytes(leaf.salt), fact) != bytes(leaf.commitment):
                    yield Break("leaf_differs", str(entry.id), "is not what was posted")
