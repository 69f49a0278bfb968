from tenant_apps.accounting.models.accounts import Account, LedgerSettings
from tenant_apps.accounting.models.balances import AccountBalance, DayTotal, Hold, HoldEnding
from tenant_apps.accounting.models.dimensions import Dimension, DimensionSet, DimensionValue
from tenant_apps.accounting.models.entries import ClosingNumber, DraftLine, JournalEntry, JournalLine
from tenant_apps.accounting.models.journals import ApprovalRule, Journal, NumberSeries
from tenant_apps.accounting.models.periods import FiscalYear, LockException, Period, PeriodLock
from tenant_apps.accounting.models.rates import Rate, RateTable

__all__ = [
    "Account",
    "AccountBalance",
    "ApprovalRule",
    "ClosingNumber",
    "DayTotal",
    "Dimension",
    "DimensionSet",
    "DimensionValue",
    "DraftLine",
    "FiscalYear",
    "Hold",
    "HoldEnding",
    "Journal",
    "JournalEntry",
    "JournalLine",
    "LedgerSettings",
    "LockException",
    "NumberSeries",
    "Period",
    "PeriodLock",
    "Rate",
    "RateTable",
]
