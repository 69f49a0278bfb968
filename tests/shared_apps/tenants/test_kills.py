"""kill -9 of whatever is at work while an organisation is made: afterwards it is there once, or not at all."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from redis import Redis as RedisClient

from core.actor import SYSTEM
from core.clock import now
from core.tenancy import directory, platform_context, tenant_context
from deploy.local.ports import free_port
from deploy.local.prepare import ROOT, child_environment
from shared_apps.tenants import tasks
from shared_apps.tenants.fleet.replay import pack_get
from shared_apps.tenants.fleet.runs import run_last
from shared_apps.tenants.fleet.verification import fleet_verify
from shared_apps.tenants.models import FleetRun, Tenant
from shared_apps.tenants.services import Owner, tenant_create
from shared_apps.users.models import Invitation
from tests.support.brokers import own_redis
from tests.support.factories.users import make_api_key, make_user
from tests.support.messages import Message
from tests.support.provisioned import BIRTH, MIDWAY, assert_nothing_left_over, held_up, schemas, states_of
from tests.support.twins import Twins
from tests.support.workers import Workers, eventually

NEW = {"slug": "riverbank", "name": "Riverbank", "owner_email": "owner@riverbank.example"}


class Web:
    """The platform's web server, as an installation runs it."""

    def __init__(self, folder: Path, **environment: str) -> None:
        self.port = free_port()
        command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--no-ws"]
        command += ["--port", str(self.port), "--workers", "1", "--blocking-threads", "2", "config.wsgi:application"]
        with (folder / f"web-{self.port}.log").open("wb") as log:
            self.process = subprocess.Popen(
                command,
                cwd=ROOT,
                env=child_environment(environment),
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        eventually(self.answers)

    def answers(self) -> bool:
        try:
            return self.ask("GET", "/healthz", {}).status == 200
        except OSError:
            return False

    def ask(self, method: str, path: str, headers: dict[str, str], body: Any = None) -> http.client.HTTPResponse:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        text = None if body is None else json.dumps(body)
        connection.request(method, path, text, {"Host": settings.PLATFORM_HOST, **headers})
        return connection.getresponse()

    def kill(self) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


@pytest.fixture
def web(tmp_path: Path) -> Iterator[Callable[..., Web]]:
    started: list[Web] = []

    def start(**environment: str) -> Web:
        started.append(Web(tmp_path, IDEMPOTENCY_LEASE_SECONDS="1", **environment))
        return started[-1]

    yield start
    for each in started:
        each.kill()


@pytest.fixture
def post(committed: Twins) -> Callable[[Web], Any]:
    """Ask for the organisation, each time with the same key."""
    with platform_context():
        admin = make_user("admin@platform.example", roles=["platform_admin"])
        credential = make_api_key(admin).text
    headers = {
        "Authorization": f"Bearer {credential}",
        "Idempotency-Key": "one",
        "Content-Type": "application/json",
    }

    def send(server: Web) -> Any:
        # Until the lease of one that was killed is over the answer is 409.
        return eventually(
            lambda: (answer := server.ask("POST", "/api/platform/v1/tenants/", headers, NEW)).status != 409 and answer
        )

    return send


def begin(work: Callable[[], Any]) -> None:
    """Do something that will not come to its end."""

    def try_it() -> None:
        with suppress(OSError, http.client.HTTPException):
            work()

    threading.Thread(target=try_it, daemon=True).start()


def found() -> Tenant | None:
    with platform_context():
        return Tenant.objects.filter(slug="riverbank").first()


def assert_made_once() -> None:
    tenant = found()
    assert tenant is not None
    assert states_of(tenant) == BIRTH
    directory().forget()
    with tenant_context(directory().by_uuid(tenant.pk)):
        assert [invitation.email for invitation in Invitation.objects.all()] == ["owner@riverbank.example"]
    assert_nothing_left_over()


def run_all(messages: list[Message]) -> None:
    for message in messages:
        if message.task.startswith("tenants."):
            message.run()


def test_a_web_server_that_is_killed_leaves_nothing_or_all_that_was_asked(
    web: Callable[..., Web], post: Callable[[Web], Any], queued: Callable[[], list[Message]]
) -> None:
    before = schemas()
    with socket.create_server(("127.0.0.1", 0)) as mute:
        # A broker that takes the connection and never answers: what is committed is not queued.
        silent = f"redis://127.0.0.1:{mute.getsockname()[1]}/0"
        first = web(BROKER_URL=silent)
        with held_up("public.tenants_tenant") as is_stuck:
            begin(lambda: post(first))
            eventually(is_stuck)
            first.kill()
        assert found() is None

        second = web(BROKER_URL=silent)
        begin(lambda: post(second))
        tenant = eventually(found)
        second.kill()
    assert tenant.state == "requested"
    assert queued() == []
    assert schemas() == before

    answer = post(web())
    assert (answer.status, answer.headers["Idempotent-Replayed"]) == (201, "true")
    assert json.loads(answer.read())["id"] == str(tenant.pk)
    with platform_context():
        assert Tenant.objects.filter(slug="riverbank").count() == 1
        Tenant.objects.filter(pk=tenant.pk).update(state_changed_at=now() - timedelta(minutes=2))
        tasks.sweep_task.enqueue()
    run_all(queued())
    run_all(queued())
    assert_made_once()


def test_a_worker_that_is_killed_is_followed_by_another_one(
    committed: Twins, queued: Callable[[], list[Message]], tmp_path: Path
) -> None:
    before = schemas()
    workers = Workers(tmp_path, {"BROKER_LEASE_SECONDS": "2"})
    workers.ensure(1)
    try:
        with held_up(MIDWAY) as is_stuck:
            with platform_context():
                owner = Owner(email=NEW["owner_email"], name="Olga")
                tenant = tenant_create(slug="riverbank", name="Riverbank", owner=owner, actor=SYSTEM)
            eventually(is_stuck)
            workers.kill(workers.running[0].pid)
        assert states_of(tenant) == BIRTH[:1]
        workers.ensure(1)
        eventually(lambda: states_of(tenant) == BIRTH)
    finally:
        workers.stop()
    assert len(schemas()[1] - before[1]) == 1
    assert_made_once()


def test_a_worker_that_is_killed_in_a_fleet_migration_is_followed_by_another_one(
    committed: Twins, queued: Callable[[], list[Message]], lagging_one: Callable[..., Tenant], tmp_path: Path
) -> None:
    tenant = lagging_one("riverbank")
    queued()
    workers = Workers(tmp_path, {"BROKER_LEASE_SECONDS": "2"})
    workers.ensure(2)
    try:
        with held_up(f"{tenant.schema_name}.django_migrations") as is_stuck:
            with platform_context():
                tasks.fleet_migrate_task.enqueue()
            eventually(is_stuck)
            logs = [(tmp_path / f"worker-{number}.log").read_text() for number in (1, 2)]
            (victim,) = (number for number, log in enumerate(logs) if "Task fleet.migrate" in log)
            workers.kill(workers.running[victim].pid)
            with platform_context():
                assert [item.state for item in run_last().items.all()] == ["pending"]
        with platform_context():
            eventually(lambda: run_last().state == "finished")
    finally:
        workers.stop()
    with platform_context():
        assert [(item.state, item.attempts) for item in run_last().items.all()] == [("done", 1)]
        assert FleetRun.objects.count() == 1
        tenant.refresh_from_db()
        assert tenant.template_step == pack_get().version
    assert fleet_verify()[1] == []


def test_a_broker_that_is_killed_does_not_disturb_who_makes_an_organisation(committed: Twins, tmp_path: Path) -> None:
    with own_redis(tmp_path / "redis", lease=2) as redis:
        environment = {"REDIS_URL": redis.url, "BROKER_URL": redis.url, "BROKER_LEASE_SECONDS": "2"}
        workers = Workers(tmp_path, environment)
        workers.ensure(1)
        try:
            with held_up(MIDWAY) as is_stuck:
                with platform_context():
                    owner = Owner(email=NEW["owner_email"], name="Olga")
                    tenant = tenant_create(slug="riverbank", name="Riverbank", owner=owner, actor=SYSTEM)
                eventually(is_stuck)
                redis.kill()
            eventually(lambda: states_of(tenant) == BIRTH)
            redis.start()
            # What was done could not be said to the broker before it was back.
            with RedisClient.from_url(redis.url) as client:
                eventually(lambda: not client.exists("unacked", "fleet"))
        finally:
            workers.stop()
    assert_made_once()
