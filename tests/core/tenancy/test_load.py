"""Many requests and tasks of two tenants and the platform at once, through a real server and a real worker."""

import http.client
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from redis import Redis

from core.tenancy import TenantRef
from deploy.local.ports import free_port
from tests.support import probe_urls
from tests.support.markers import put_markers
from tests.support.twins import Twins
from tests.support.workers import ROOT, eventually

REQUESTS = 240
CLIENTS = 12
PATHS = ("/enqueue/?run={run}", "/look-twice/?pause=0.01", "/look-async/", "/stream/", "/render-late/", "/fail/")
# A database of Redis that no run of the tests takes for its queues.
BROKER = 15


class Site:
    """The probe site as an installation would run it: a web server and a worker, each with several threads."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.folder = folder
        self.processes: list[subprocess.Popen[bytes]] = []
        web = ["granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(self.port), "--no-ws"]
        self._start("web", [*web, "--workers", "1", "--blocking-threads", "6", "config.wsgi:application"])
        self._start("worker", ["celery", "-A", "config.celery", "worker", "--without-gossip", "--without-mingle"])

    def _start(self, name: str, arguments: list[str]) -> None:
        environment = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "tests.support.probe_settings",
            "PYTHONPATH": f"{ROOT}:{ROOT / 'platform'}",
            "BROKER_URL": settings.REDIS_URL.rpartition("/")[0] + f"/{BROKER}",
        }
        with (self.folder / f"{name}.log").open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", *arguments], cwd=ROOT, env=environment, stdout=log, stderr=log
            )
        self.processes.append(process)

    def get(self, host: str, path: str) -> tuple[int, str]:
        """Status and body of a page."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request("GET", path, headers={"Host": host})
            response = connection.getresponse()
            return response.status, response.read().decode()
        finally:
            connection.close()

    def answers(self) -> bool:
        try:
            return self.get("localhost", "/healthz")[0] == 200
        except OSError:
            return False

    def stop(self) -> None:
        for process in self.processes:
            process.terminate()
        for process in self.processes:
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


@pytest.fixture
def marked(committed: Twins) -> Twins:
    put_markers(committed)
    return committed


@pytest.fixture
def site(marked: Twins, tmp_path: Path) -> Iterator[Site]:
    site = Site(tmp_path)
    try:
        eventually(site.answers)
        yield site
    finally:
        site.stop()


def expected_of(owner: TenantRef | None) -> dict[str, Any]:
    if owner is None:
        return {
            "key": "platform",
            "slug": None,
            "role": "livery_platform",
            "schema": "public",
            "marker": ["platform"],
        }
    return {
        "key": f"t:{owner.uuid}:{owner.epoch}",
        "slug": owner.slug,
        "role": owner.role,
        "schema": owner.schema,
        "marker": [owner.slug],
    }


def crossings(path: str, expected: dict[str, Any], status: int, body: str) -> list[Any]:
    """What an answer says that is not its owner's."""
    (name,) = expected["marker"]
    if path.startswith("/stream"):
        return [] if (status, body) == (200, f"{[name]}\n" * 3) else [(path, status, body)]
    if path.startswith("/render-late"):
        return [] if (status, body) == (200, name) else [(path, status, body)]
    found = json.loads(body)
    right = status == (500 if path == "/fail/" else 200)
    return [] if right and all(one == expected for one in found.get("all", [found])) else [(path, status, body)]


def test_nobody_is_given_anything_of_another(site: Site, marked: Twins):
    run = f"probe:{uuid4()}"
    owners: list[TenantRef | None] = [marked.first, marked.second, None]
    # Each path is asked by each owner in turn, so neighbours in time are of different owners.
    orders = [(owners[number % 3], PATHS[number // 3 % len(PATHS)].format(run=run)) for number in range(REQUESTS)]

    def ask(order: tuple[TenantRef | None, str]) -> list[Any]:
        owner, path = order
        host = owner.primary_host if owner else settings.PLATFORM_HOST
        return crossings(path, expected_of(owner), *site.get(host, path))

    with ThreadPoolExecutor(CLIENTS) as pool:
        found = [crossing for crossed in pool.map(ask, orders) for crossing in crossed]
    assert found == []

    queued = [owner for owner, path in orders if path.startswith("/enqueue") for _ in range(probe_urls.TASKS)]
    with Redis.from_url(settings.REDIS_URL) as redis:
        eventually(lambda: redis.llen(run) >= len(queued))
        told = [json.loads(line) for line in redis.lrange(run, 0, -1)]
        redis.delete(run)
    assert len(told) == len(queued)
    expectations = {expected["key"]: expected for expected in map(expected_of, owners)}
    assert [tell for tell in told if not tell[1] == tell[2] == expectations[tell[0]]] == []
    assert sorted(tell[0] for tell in told) == sorted(expected_of(owner)["key"] for owner in queued)
