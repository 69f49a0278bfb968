"""A process that posts as the parent orders, one line of JSON for each order; see ledger.py."""

import json
import random
import statistics
import sys
import time
from collections.abc import Callable
from decimal import Decimal
from itertools import count
from pathlib import Path
from typing import Any
from uuid import UUID

ROOT = Path(__file__).resolve().parents[3]
sys.path[:0] = [str(ROOT), str(ROOT / "platform")]

import django  # noqa: E402

django.setup()

from django.db import models  # noqa: E402

from core.actor import SYSTEM  # noqa: E402
from core.ids import uuid7  # noqa: E402
from core.tenancy import TenantRef, atomic, cursor, directory, platform_context, tenant_context  # noqa: E402
from core.tenancy.tasks import LIVE  # noqa: E402
from tenant_apps.accounting.models import Account, Journal  # noqa: E402
from tenant_apps.accounting.selectors import balance_get, trial_balance  # noqa: E402
from tenant_apps.accounting.services import Line, NewEntry, entries_post, entry_post  # noqa: E402
from tests.bench.support.ledger_books import TODAY  # noqa: E402

ONE = Decimal(1)
BATCH = 10_000
STORED = (
    "accounting_journalentry",
    "accounting_journalline",
    "accounting_accountbalance",
    "accounting_daytotal",
    "proofs_leaf",
    "events_outboxevent",
)


class PlainEntry(models.Model):
    id = models.UUIDField(primary_key=True)
    date = models.DateField()
    memo = models.TextField()
    key = models.TextField()

    class Meta:
        app_label, managed, db_table = "bench", False, "bench_entry"


class PlainBalance(models.Model):
    id = models.BigIntegerField(primary_key=True)
    posted = models.DecimalField(max_digits=28, decimal_places=8)
    version = models.BigIntegerField()

    class Meta:
        app_label, managed, db_table = "bench", False, "bench_balance"


class PlainLine(models.Model):
    id = models.BigAutoField(primary_key=True)
    entry = models.ForeignKey(PlainEntry, on_delete=models.PROTECT)
    account = models.ForeignKey(PlainBalance, on_delete=models.PROTECT)
    amount = models.DecimalField(max_digits=28, decimal_places=8)
    balance = models.DecimalField(max_digits=28, decimal_places=8)
    version = models.BigIntegerField()

    class Meta:
        app_label, managed, db_table = "bench", False, "bench_line"


class Books:
    """An organisation's journal and accounts, read once."""

    def __init__(self, tenant: TenantRef) -> None:
        self.tenant = tenant
        with tenant_context(tenant):
            self.journal: UUID = Journal.objects.get().id
            self.wallets = list(Account.objects.filter(code__startswith="W").values_list("id", flat=True))
            self.hot: UUID = Account.objects.get(code="HOT").id
            self.floor: UUID = Account.objects.get(code="FLOOR").id


class Worker:
    """Posts to books that all processes share."""

    def __init__(self, number: int) -> None:
        self.number, self.keys = number, count()
        self.run = f"{number}-{time.time_ns()}"
        with platform_context():
            tenants = sorted(directory().refs(LIVE), key=lambda ref: int(ref.slug.removeprefix("bench")))
        self.books = [Books(tenant) for tenant in tenants]

    def post(self, books: Books, debit: UUID, credit: UUID) -> None:
        lines = (Line(debit, "EUR", debit=ONE), Line(credit, "EUR", credit=ONE))
        key = f"{self.run}-{next(self.keys)}"
        entry_post(journal=books.journal, date=TODAY, lines=lines, actor=SYSTEM, idempotency_key=key)

    def uniform(self) -> None:
        self.post(self.books[0], *random.sample(self.books[0].wallets, 2))

    def hot(self) -> None:
        books = self.books[0]
        self.post(books, random.choice(books.wallets), books.hot)

    def floor(self) -> None:
        books = self.books[0]
        self.post(books, random.choice(books.wallets), books.floor)

    def tenants(self) -> None:
        books = random.choice(self.books)
        with tenant_context(books.tenant):
            self.post(books, *random.sample(books.wallets, 2))

    def bulk(self) -> None:
        books = self.books[0]
        entries_post(entries=[self.new(books) for _ in range(BATCH)], actor=SYSTEM)

    def new(self, books: Books) -> NewEntry:
        first, second = random.sample(books.wallets, 2)
        lines = (Line(first, "EUR", debit=ONE), Line(second, "EUR", credit=ONE))
        return NewEntry(books.journal, TODAY, lines, f"{self.run}-{next(self.keys)}")

    def orm(self) -> None:
        """As a clean service would write it: lock in key order, save, bulk_create."""
        first, second = random.sample(range(1, len(self.books[0].wallets) + 1), 2)
        with atomic():
            held = list(PlainBalance.objects.select_for_update().filter(pk__in=(first, second)).order_by("pk"))
            entry = PlainEntry.objects.create(id=uuid7(), date=TODAY, memo="", key=f"{self.run}-{next(self.keys)}")
            lines = []
            for balance, amount in zip(held, (ONE, -ONE), strict=True):
                balance.posted, balance.version = balance.posted + amount, balance.version + 1
                balance.save(update_fields=["posted", "version"])
                values = {"balance": balance.posted, "version": balance.version}
                lines.append(PlainLine(entry=entry, account=balance, amount=amount, **values))
            PlainLine.objects.bulk_create(lines)


def measured(work: Callable[[], None], seconds: float) -> dict[str, float]:
    """Repeat for some seconds; how often, with what CPU of this process, and how long each took."""
    times: list[float] = []
    began, cpu = time.perf_counter(), time.process_time()
    ends = began + seconds
    now = began
    while now < ends:
        work()
        before, now = now, time.perf_counter()
        times.append(now - before)
    times.sort()
    return {
        "count": len(times),
        "seconds": now - began,
        "cpu": time.process_time() - cpu,
        "p50": times[len(times) // 2],
        "p99": times[int(len(times) * 0.99)],
    }


def reads(worker: Worker) -> dict[str, float]:
    """Milliseconds of reading, and bytes that an entry takes in tables and indexes."""
    books = worker.books[0]
    found = {
        "ms: balance of an account": statistics.median(
            timed(lambda: balance_get(account=random.choice(books.wallets), currency="EUR")) for _ in range(200)
        ),
        "ms: trial balance now": statistics.median(timed(trial_balance) for _ in range(7)),
        "ms: trial balance as of a day": statistics.median(timed(lambda: trial_balance(as_of=TODAY)) for _ in range(7)),
    }
    with cursor() as opened:
        opened.execute("SELECT count(*) FROM accounting_journalentry")
        entries = opened.fetchone()[0]
        for table in STORED:
            opened.execute("SELECT pg_total_relation_size(%s::regclass)", [table])
            found[f"bytes an entry: {table}"] = opened.fetchone()[0] / entries
        found["entries in the books"] = entries
    return found


def timed(work: Callable[[], Any]) -> float:
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1000


def answer(worker: Worker, order: dict[str, Any]) -> dict[str, float]:
    if order["cell"] == "reads":
        with tenant_context(worker.books[0].tenant):
            return reads(worker)
    work = getattr(worker, order["cell"])
    if order["cell"] == "tenants":
        return measured(work, order["seconds"])
    with tenant_context(worker.books[0].tenant):
        if order["cell"] == "bulk":
            done = measured(work, order["seconds"])
            return done | {"count": done["count"] * BATCH}
        return measured(work, order["seconds"])


def main() -> None:
    worker = Worker(int(sys.argv[1]))
    for line in sys.stdin:
        print(json.dumps(answer(worker, json.loads(line))), flush=True)


if __name__ == "__main__":
    main()
