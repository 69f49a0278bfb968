"""python -m tests.bench.ledger: what posting costs, beside pgbench and a plain ORM service on the same server.

The reference is pgbench with 4 clients and prepared statements, running the plain transaction of a double entry (one
entry, two balances, two lines with three indexes and two foreign keys) on tables without any of the ledger's features.
Every cell is run in turns, in an order that is shuffled in each round; printed are medians and ranges over the rounds.
After each cell the books are checked. Works in a database of its own and never fails by the clock.

Not included: HTTP, a network between client and server, a second server, replication.
"""

import json
import os
import random
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median
from typing import Any
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "platform")]

from deploy.local.postgres import postgres_programs  # noqa: E402
from deploy.local.services import SharedServices, kept_secrets  # noqa: E402

ROUNDS = int(os.environ.get("BENCH_ROUNDS", "5"))
SECONDS = float(os.environ.get("BENCH_SECONDS", "1.5"))
TENANTS = int(os.environ.get("BENCH_TENANTS", "20"))
ACCOUNTS = 10_000
BATCH = 10_000
PROCESSES = 4
DATABASE = "livery_bench_ledger"
DATA = ROOT / ".data" / "bench"
CHILD = Path(__file__).parent / "support" / "ledger_child.py"

REFERENCE = "pgbench, plain transaction, 4 clients"
SERVICE = "entry_post, 4 processes"
BULK = f"entries_post, {BATCH} entries at once, one process"
COPY = f"COPY of {BATCH} ready entries into such tables, one session"
PLAIN_TABLES = """
CREATE TABLE bench_entry (id uuid PRIMARY KEY, date date NOT NULL, memo text NOT NULL, key text NOT NULL UNIQUE);
CREATE TABLE bench_balance (id bigint PRIMARY KEY, posted numeric(28,8) NOT NULL, version bigint NOT NULL)
WITH (fillfactor = 50);
CREATE TABLE bench_line (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, entry_id uuid NOT NULL REFERENCES bench_entry,
    account_id bigint NOT NULL REFERENCES bench_balance, amount numeric(28,8) NOT NULL,
    balance numeric(28,8) NOT NULL, version bigint NOT NULL, UNIQUE (account_id, version)
);
CREATE INDEX ON bench_line (entry_id);
INSERT INTO bench_balance SELECT n, 0, 0 FROM generate_series(1, {accounts}) n;
GRANT SELECT, INSERT, UPDATE ON bench_entry, bench_line, bench_balance TO {role};
"""
PLAIN_SCRIPT = """
\\set a random(1, {half})
\\set b random({first}, {accounts})
SELECT gen_random_uuid() AS entry \\gset
BEGIN;
INSERT INTO bench_entry VALUES (:entry, '2026-11-20', '', :entry);
UPDATE bench_balance SET posted = posted + 1, version = version + 1 WHERE id = :a
RETURNING posted AS pa, version AS va \\gset
UPDATE bench_balance SET posted = posted - 1, version = version + 1 WHERE id = :b
RETURNING posted AS pb, version AS vb \\gset
INSERT INTO bench_line (entry_id, account_id, amount, balance, version) VALUES (:entry, :a, 1, :pa, :va);
INSERT INTO bench_line (entry_id, account_id, amount, balance, version) VALUES (:entry, :b, -1, :pb, :vb);
COMMIT;
"""


def main() -> None:
    os.environ |= {"DJANGO_SETTINGS_MODULE": "config.settings.dev", "DEBUG": "false", "DJANGO_LOG_LEVEL": "ERROR"}
    services = SharedServices(DATA) if "DATABASE_ADMIN_URL" not in os.environ else None
    if services is not None:
        os.environ.update({**kept_secrets(DATA), **services.join(DATABASE)})
    try:
        for name in ("DATABASE_URL", "DATABASE_OWNER_URL"):
            os.environ[name] = urlsplit(os.environ[name])._replace(path=f"/{DATABASE}").geturl()
        _measure()
    finally:
        if services is not None:
            services.leave()


def _measure() -> None:
    import django

    django.setup()
    from tests.bench.support.ledger_books import drop_database, prepare

    drop_database(DATABASE)
    schemas = prepare(tenants=TENANTS, accounts=ACCOUNTS)
    try:
        _run(schemas)
    finally:
        drop_database(DATABASE)


def _run(schemas: list[str]) -> None:
    from tests.bench.support.ledger_books import check, copied, superuser

    with superuser(DATABASE) as cursor:
        cursor.execute(f"SET search_path = {schemas[0]}")
        cursor.execute(PLAIN_TABLES.format(accounts=ACCOUNTS, role=schemas[0]))
    with ExitStack() as stack:
        children = [stack.enter_context(_child(number)) for number in range(PROCESSES)]
        cells: dict[str, Callable[[], dict[str, float]]] = {
            REFERENCE: lambda: _pgbench(schemas[0], clients=4),
            SERVICE: lambda: _together(children, "uniform"),
            "entry_post, one process": lambda: _together(children[:1], "uniform"),
            "plain ORM service, 4 processes": lambda: _together(children, "orm"),
            "hot account without a floor": lambda: _together(children, "hot"),
            "hot account with a floor": lambda: _together(children, "floor"),
            f"entry_post, {len(schemas)} tenants in turn": lambda: _together(children, "tenants"),
            BULK: lambda: _together(children[:1], "bulk"),
            COPY: lambda: {"rate": copied(DATABASE, schemas[0], entries=BATCH)},
        }
        found: dict[str, list[dict[str, float]]] = {name: [] for name in cells}
        for number in range(ROUNDS + 1):
            for name in random.sample(sorted(cells), len(cells)):
                result = cells[name]()
                if number:
                    found[name].append(result)
            check()
        _print(found)
        _print_reads(_ask(children[0], "reads"))


def _together(children: list[Any], cell: str) -> dict[str, float]:
    """Let processes work at one cell at the same time; entries a second of all, CPU and latency of each."""
    for child in children:
        child.stdin.write(json.dumps({"cell": cell, "seconds": SECONDS}) + "\n")
        child.stdin.flush()
    answers = [json.loads(child.stdout.readline()) for child in children]
    total = sum(answer["count"] / answer["seconds"] for answer in answers)
    return {
        "rate": total,
        "cpu": median(answer["cpu"] / max(answer["count"], 1) * 1e6 for answer in answers),
        "p50": median(answer["p50"] for answer in answers) * 1000,
        "p99": max(answer["p99"] for answer in answers) * 1000,
    }


def _ask(child: Any, cell: str) -> Any:
    child.stdin.write(json.dumps({"cell": cell, "seconds": SECONDS}) + "\n")
    child.stdin.flush()
    return json.loads(child.stdout.readline())


@contextmanager
def _child(number: int) -> Iterator[Any]:
    process = subprocess.Popen(
        [sys.executable, str(CHILD), str(number)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        yield process
    finally:
        assert process.stdin is not None
        process.stdin.close()
        process.wait()


def _pgbench(schema: str, *, clients: int) -> dict[str, float]:
    half = ACCOUNTS // 2
    script = DATA / "plain.pgbench"
    script.write_text(PLAIN_SCRIPT.format(half=half, first=half + 1, accounts=ACCOUNTS))
    url = urlsplit(os.environ["DATABASE_ADMIN_URL"])._replace(path=f"/{DATABASE}").geturl()
    done = subprocess.run(
        [
            str(postgres_programs() / "pgbench"),
            *("-n", "-M", "prepared", "-c", str(clients), "-j", "2"),
            *("-T", str(max(1, round(SECONDS))), "-f", str(script), url),
        ],
        env={**os.environ, "PGOPTIONS": f"-c search_path={schema}"},
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise RuntimeError(done.stderr)
    rate = next(float(line.split()[2]) for line in done.stdout.splitlines() if line.startswith("tps"))
    return {"rate": rate}


def _print(found: dict[str, list[dict[str, float]]]) -> None:
    base = median(one["rate"] for one in found[REFERENCE])
    print(f"{ROUNDS} rounds of {SECONDS} s a cell, shuffled; load of the machine {os.getloadavg()[0]:.1f}\n")
    print(
        f"  {'entries a second':<58} {'median':>8} {'ratio':>6} {'lowest':>8} {'highest':>8}  client CPU   p50    p99"
    )
    for name, results in found.items():
        rates = [one["rate"] for one in results]
        line = f"  {name:<58} {median(rates):>8.0f} {median(rates) / base:>6.2f} {min(rates):>8.0f} {max(rates):>8.0f}"
        if "cpu" in results[0]:
            middle = {key: median(one[key] for one in results) for key in ("cpu", "p50", "p99")}
            line += f"  {middle['cpu']:>7.0f} µs {middle['p50']:>6.2f} {middle['p99']:>6.2f} ms"
        print(line)


def _print_reads(found: dict[str, float]) -> None:
    print("\n  reads, and what is stored")
    for name, value in found.items():
        print(f"  {name:<58} {value:>10.3f}")


if __name__ == "__main__":
    main()
