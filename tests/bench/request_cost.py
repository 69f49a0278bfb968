"""python -m tests.bench.request_cost: what routing, context and role cost a request, beside plain Django.

Processes with one configuration each answer the same view, with one query, in turns; printed are medians of the CPU
time of the Python process per request, in milliseconds. Works in a database of its own, on the servers that the
environment names or on embedded ones, and never fails by the clock.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import ExitStack
from itertools import cycle, islice
from pathlib import Path
from statistics import median
from time import process_time
from typing import Any
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "platform")]

from deploy.local.services import SharedServices, kept_secrets  # noqa: E402

ROUNDS = 25
REQUESTS = 400
BUDGET = 0.2
DATABASE = "livery_bench_requests"
DATA = ROOT / ".data" / "bench"
PLAIN, CHECKED, TENANCY = "plain Django", "plain Django, connection checked", "routing + context + role"


def main() -> None:
    if len(sys.argv) > 1:
        _answer(json.loads(sys.argv[1]))
        return
    os.environ |= {"DJANGO_SETTINGS_MODULE": "config.settings.dev", "DEBUG": "false"}
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
    from tests.support.markers import put_markers
    from tests.support.twins import make_twins

    drop_database(DATABASE)
    call_command("database", "prepare", verbosity=0)
    call_command("migrate", verbosity=0)
    twins = make_twins()
    put_markers(twins)
    connections.close_all()
    tenants = [{"host": one.primary_host, "schema": one.schema} for one in (twins.first, twins.second)]
    try:
        _print({name: _per_request(found) for name, found in _in_turns(tenants).items()})
    finally:
        stop_listening()
        drop_database(DATABASE)


def _in_turns(tenants: list[dict[str, str]]) -> dict[str, list[float]]:
    """Seconds per batch of each configuration, whose batches alternate."""
    found: dict[str, list[float]] = {name: [] for name in (PLAIN, CHECKED, TENANCY)}
    with ExitStack() as stack:
        children = {
            name: stack.enter_context(
                subprocess.Popen(
                    [sys.executable, __file__, json.dumps({"name": name, "tenants": tenants})],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    text=True,
                )
            )
            for name in found
        }
        for number in range(ROUNDS + 1):
            for name, child in children.items():
                assert child.stdin is not None
                assert child.stdout is not None
                child.stdin.write(f"{REQUESTS}\n")
                child.stdin.flush()
                seconds = float(child.stdout.readline())
                # The first batch connects and imports.
                if number:
                    found[name].append(seconds)
        for child in children.values():
            assert child.stdin is not None
            child.stdin.close()
    return found


def _per_request(batches: list[float]) -> float:
    return median(batches) / REQUESTS * 1000


def _print(found: dict[str, float]) -> None:
    print(f"{REQUESTS} requests a batch, {ROUNDS} batches each, in turns; two tenants alternate. CPU ms per request:\n")
    for name, milliseconds in found.items():
        print(f"  {name:<36} {milliseconds:.3f}   x {milliseconds / found[PLAIN]:.2f}")
    over = found[TENANCY] - found[PLAIN]
    verdict = "kept" if over < BUDGET else "OVER"
    print(f"\n  {'over plain Django':<36} {over:.3f}   budget < {BUDGET}: {verdict}")


def drop_database(name: str) -> None:
    """Drop a benchmark's database and the roles of its organisations."""
    import psycopg2
    from psycopg2.sql import SQL, Identifier

    connection = psycopg2.connect(os.environ["DATABASE_ADMIN_URL"])
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
        roles = []
        if cursor.fetchone():
            inside = psycopg2.connect(os.environ["DATABASE_ADMIN_URL"], dbname=name)
            with inside, inside.cursor() as asked:
                asked.execute("SELECT nspname FROM pg_namespace WHERE nspname ~ '^t_[0-9a-z]{20}$'")
                roles = [role for (schema,) in asked.fetchall() for role in (schema, f"{schema}_ro")]
            inside.close()
        cursor.execute(SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(Identifier(name)))
        for role in roles:
            cursor.execute(SQL("DROP ROLE {}").format(Identifier(role)))
    connection.close()


def _answer(orders: dict[str, Any]) -> None:
    """A child: answers as many requests as each line says, and says what CPU time they took."""
    handle = _handler(orders["name"], orders["tenants"])
    hosts = cycle([tenant["host"] for tenant in orders["tenants"]])
    for line in sys.stdin:
        began = process_time()
        for host in islice(hosts, int(line)):
            handle(host)
        print(process_time() - began, flush=True)


def _handler(name: str, tenants: list[dict[str, str]]) -> Callable[[str], None]:
    import django
    from django.conf import settings

    if name != TENANCY:
        _without_tenancy(settings, tenants[0]["schema"], checked=name == CHECKED)
    django.setup()
    if name == TENANCY:
        settings.MIDDLEWARE = ["core.tenancy.middleware.TenantMiddleware"]
    else:
        settings.MIDDLEWARE = settings.DATABASE_ROUTERS = []

    from django.contrib.sessions.models import Session
    from django.core.wsgi import get_wsgi_application
    from django.http import HttpRequest, HttpResponse
    from django.urls import path

    def look(request: HttpRequest) -> HttpResponse:
        return HttpResponse(Session.objects.get(session_key="marker").session_data)

    settings.ROOT_URLCONF = settings.TENANT_URLCONF = (path("look/", look),)
    application = get_wsgi_application()

    def handle(host: str) -> None:
        environ = {
            "REQUEST_METHOD": "GET",
            "PATH_INFO": "/look/",
            "HTTP_HOST": host,
            "SERVER_NAME": "localhost",
            "SERVER_PORT": "8000",
            "wsgi.input": sys.stdin.buffer,
            "wsgi.url_scheme": "http",
        }
        response = application(environ, lambda status, headers: None)
        expected = host.partition(".")[0] if name == TENANCY else "north"
        assert b"".join(response).decode() == expected
        response.close()

    return handle


def _without_tenancy(settings: Any, schema: str, *, checked: bool) -> None:
    """The same apps as if nobody had thought of tenants: a connection that finds one tenant's tables, and no router."""
    database = settings.DATABASES["default"]
    database["ENGINE"] = "django.db.backends.postgresql"
    database["OPTIONS"] = {**database["OPTIONS"], "options": f"-c role={schema} -c search_path={schema}"}
    database["CONN_HEALTH_CHECKS"] = checked


if __name__ == "__main__":
    main()
