from tenant_apps.accounting.selectors.balances import balance_get, trial_balance
from tenant_apps.accounting.selectors.breaks import Break, ledger_breaks
from tenant_apps.accounting.selectors.facts import entry_fact

__all__ = ["Break", "balance_get", "entry_fact", "ledger_breaks", "trial_balance"]
