from tenant_apps.accounting.services.lines import Expectation, Line, Source
from tenant_apps.accounting.services.periods import lock_exception_grant, period_lock
from tenant_apps.accounting.services.posting import Balance, Posted, entry_post
from tenant_apps.accounting.services.setup import account_create, books_open, journal_create

__all__ = [
    "Balance",
    "Expectation",
    "Line",
    "Posted",
    "Source",
    "account_create",
    "books_open",
    "entry_post",
    "journal_create",
    "lock_exception_grant",
    "period_lock",
]
