"""python -m tests.bench.pages: how long the server takes for the main pages and API calls.

A real web server answers one request after the other, and then 30 of them a second; printed are the 50th and 95th
percentile in milliseconds, as a client on the same machine sees them, and their ratio to a page that does nothing
(/healthz) in the same run. Works in a database of its own, and never fails by the clock.
"""

import http.client
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path
from statistics import quantiles
from urllib.parse import urlsplit
from uuid import UUID

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "platform")]

from deploy.local.ports import reserve_port  # noqa: E402
from deploy.local.processes import wait_for  # noqa: E402
from deploy.local.services import SharedServices, kept_secrets  # noqa: E402
from tests.bench.request_cost import drop_database  # noqa: E402

DATA = ROOT / ".data" / "bench"
DATABASE = "livery_bench_pages"
TRIVIAL = "nothing (/healthz)"
ROWS, ROUNDS, WARM = 1000, 60, 5
RATE, SECONDS = 30, 20
BUDGET = 200


@dataclass(frozen=True, slots=True)
class Call:
    """A request that is made again and again."""

    name: str
    host: str
    path: str
    headers: tuple[tuple[str, str], ...] = ()


def main() -> None:
    os.environ |= {"DJANGO_SETTINGS_MODULE": "config.settings.test", "DEBUG": "false"}
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
    from django.core.management import call_command
    from django.db import connections

    from shared_apps.tenants.invalidation import stop_listening

    drop_database(DATABASE)
    call_command("database", "prepare", verbosity=0)
    call_command("migrate", verbosity=0)
    try:
        calls = _calls()
        connections.close_all()
        with _served() as port:
            _print(f"one after the other, {ROUNDS} each", _in_turn(port, calls))
            _print(f"{RATE} requests a second for {SECONDS} s", _at_rate(port, calls))
    finally:
        stop_listening()
        drop_database(DATABASE)


def _calls() -> list[Call]:
    """What is asked: pages and calls of an organisation with a thousand people, and of the platform."""
    from django.conf import settings

    from core.tenancy import platform_context, tenant_context
    from tests.support.factories.rows import Filling, RowKey, row_of
    from tests.support.factories.users import make_api_key, make_user
    from tests.support.twin_browser import Browser
    from tests.support.twin_credentials import sign_in
    from tests.support.twin_world import sites_of
    from tests.support.twins import make_twins

    first, _, platform = sites_of(make_twins())
    with tenant_context(first.ref):
        ada = make_user()
        key = make_api_key(ada).text
        keys = [RowKey(UUID(int=UUID("01900000-0000-7000-8000-000000000000").int + n), n) for n in range(ROWS)]
        rows = [type(ada)(**row_of(type(ada), row, Filling("bench", ada.pk))) for row in keys]
        type(ada).objects.bulk_create(rows)
    with platform_context():
        make_user(roles=["platform_admin"])
    browser = Browser()
    pages = {
        first: ("/", "/people/", f"/people/{ada.pk}/", "/settings/brand/", "/settings/organisation/", "/trail/"),
        platform: ("/overview/", "/tenants/", "/fleet/", "/trail/"),
    }
    found = [Call(TRIVIAL, platform.host, "/healthz"), Call("landing", platform.host, "/")]
    found += [Call("public home", first.host, "/"), Call("sign-in", first.host, "/account/sign-in/")]
    for site, paths in pages.items():
        cookie = f"{settings.SESSION_COOKIE_NAME}={sign_in(site, browser, ada.email).text}"
        found += [Call(f"{site.name} {path}", site.host, path, (("Cookie", cookie),)) for path in paths]
    bearer = (("Authorization", f"Bearer {key}"),)
    return found + [
        Call(f"API {path}", first.host, f"/api/v1/{path}", bearer) for path in ("users/", f"users/{ada.pk}/", "brand/")
    ]


@contextmanager
def _served() -> Iterator[int]:
    port, lock = reserve_port(range(8200, 8300))
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port)]
    command += ["--no-ws", "--workers", "1", "--blocking-threads", "8", "config.wsgi:application"]
    path = f"{ROOT}:{ROOT / 'platform'}"
    with lock:
        server = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": path},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            if not wait_for(lambda: _is_up(port), seconds=30):
                raise SystemExit("The web server did not start.")
            yield port
        finally:
            server.terminate()
            server.wait(timeout=30)


def _is_up(port: int) -> bool:
    try:
        return _ask(port, Call("", "localhost", "/healthz")) > 0
    except OSError:
        return False


def _ask(port: int, call: Call) -> float:
    """Milliseconds until the whole answer is here."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.connect()
        began = time.perf_counter()
        connection.request("GET", call.path, headers={"Host": call.host, **dict(call.headers)})
        answer = connection.getresponse()
        answer.read()
        assert answer.status == 200, f"{call.name} answers {answer.status}"
        return (time.perf_counter() - began) * 1000
    finally:
        connection.close()


def _in_turn(port: int, calls: list[Call]) -> dict[str, list[float]]:
    found: dict[str, list[float]] = {call.name: [] for call in calls}
    for turn in range(ROUNDS + WARM):
        for call in calls:
            milliseconds = _ask(port, call)
            if turn >= WARM:
                found[call.name].append(milliseconds)
    return found


def _at_rate(port: int, calls: list[Call]) -> dict[str, list[float]]:
    """Requests begin when their time has come, whether or not those before them have been answered."""
    found: dict[str, list[float]] = {call.name: [] for call in calls}
    began = time.perf_counter()

    def ask(turn: int, call: Call) -> None:
        due = began + turn / RATE
        time.sleep(max(0.0, due - time.perf_counter()))
        _ask(port, call)
        # From when it was due: what waits for a free thread has waited, too.
        found[call.name].append((time.perf_counter() - due) * 1000)

    with ThreadPoolExecutor(64) as pool:
        waiting = [pool.submit(ask, turn, call) for turn, call in enumerate(islice(cycle(calls), RATE * SECONDS))]
    for each in waiting:
        each.result()
    return found


def _print(title: str, found: dict[str, list[float]]) -> None:
    percentiles: dict[str, tuple[float, float]] = {name: _percentiles(times) for name, times in found.items()}
    print(f"\n{title}: ms{'':<33}p50       p95   x nothing (p50)")
    for name, (half, most) in percentiles.items():
        print(f"  {name[:48]:<48} {half:>8.1f}  {most:>8.1f}   {half / percentiles[TRIVIAL][0]:>8.1f}")
    worst = max(most for _, most in percentiles.values())
    print(f"  slowest p95 {worst:.1f} ms, budget < {BUDGET}: {'kept' if worst < BUDGET else 'OVER'}")


def _percentiles(times: list[float]) -> tuple[float, float]:
    cuts = quantiles(times, n=20)
    return cuts[9], cuts[18]


if __name__ == "__main__":
    main()
