from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from core.tenancy import cursor

# What an account that is folded later took since is added to its row; the index of such lines is nearly empty.
_BALANCE = """
SELECT CASE a.normal_side WHEN 'debit' THEN 1 ELSE -1 END * (coalesce(b.posted, 0) + t.rest), coalesce(b.held, 0),
    coalesce(b.version, 0)
FROM accounting_account a
LEFT JOIN accounting_accountbalance b ON b.account_id = a.id AND b.currency = %(currency)s
CROSS JOIN LATERAL (
    SELECT coalesce(sum(l.debit - l.credit), 0) AS rest FROM accounting_journalline l
    WHERE l.account_id = %(account)s AND l.currency = %(currency)s AND l.version IS NULL
) t
WHERE a.id = %(account)s
"""
_NOW = """
SELECT o.account_id, o.currency, sum(o.amount), sum(o.base) FROM (
    SELECT b.account_id, b.currency, b.posted AS amount, b.base FROM accounting_accountbalance b
    UNION ALL
    SELECT l.account_id, l.currency, l.debit - l.credit, l.base_debit - l.base_credit FROM accounting_journalline l
    WHERE l.version IS NULL
) o GROUP BY o.account_id, o.currency HAVING sum(o.amount) <> 0 OR sum(o.base) <> 0
"""
_AS_OF = """
SELECT o.account_id, o.currency, sum(o.amount), sum(o.base) FROM (
    SELECT d.account_id, d.currency, d.debit - d.credit AS amount, d.base_debit - d.base_credit AS base
    FROM accounting_daytotal d WHERE d.date <= %(day)s
    UNION ALL
    SELECT l.account_id, l.currency, l.debit - l.credit, l.base_debit - l.base_credit FROM accounting_journalline l
    WHERE l.version IS NULL AND l.date <= %(day)s
) o GROUP BY o.account_id, o.currency HAVING sum(o.amount) <> 0 OR sum(o.base) <> 0
"""


@dataclass(frozen=True, slots=True)
class AccountState:
    """An account in one currency; `posted` counts on its normal side."""

    posted: Decimal
    held: Decimal
    version: int

    @property
    def available(self) -> Decimal:
        """What is neither spent nor promised."""
        return self.posted - self.held


@dataclass(frozen=True, slots=True)
class TrialRow:
    """Debits less credits of an account in one currency, in that currency and in that of the books."""

    account: UUID
    currency: str
    amount: Decimal
    base: Decimal


def balance_get(*, account: UUID, currency: str) -> AccountState:
    """What an account holds in a currency now; zero where it never had a line."""
    row = _rows(_BALANCE, {"account": account, "currency": currency})
    return AccountState(*row[0]) if row else AccountState(Decimal(0), Decimal(0), 0)


def trial_balance(*, as_of: date | None = None) -> list[TrialRow]:
    """Every account that is not at zero, now or as of the end of a day; both sums over all rows are zero."""
    rows = _rows(_NOW, {}) if as_of is None else _rows(_AS_OF, {"day": as_of})
    return [TrialRow(*row) for row in rows]


def _rows(sql: str, values: dict[str, Any]) -> list[tuple[Any, ...]]:
    with cursor() as opened:
        opened.execute(sql, values)
        found: list[tuple[Any, ...]] = opened.fetchall()
        return found
