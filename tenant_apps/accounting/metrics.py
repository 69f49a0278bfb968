from prometheus_client import Counter

BREAKS = Counter("livery_ledger_breaks", "What a check of the books found wrong.", ["check"])
