import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import psutil
import pytest
from celery.worker import state
from django.conf import settings
from kombu import Connection, Producer
from kombu.asynchronous import Hub
from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from core import broker
from core.broker import Transport, end_with_parent
from tests.support.workers import ROOT, eventually

LEASE = 0.3


class Request:
    """What the worker keeps of a running task; kept weakly, so it must be an object of its own."""

    def __init__(self, message: Any) -> None:
        self.message = message


class Broker:
    """Connections to one queue of the broker's own, each like a worker of its own."""

    def __init__(self) -> None:
        self.queue = f"test-{uuid4()}"
        self.opened: list[Connection] = []

    def connect(self, **options: Any) -> Connection:
        """A connection whose channel may take back what others hold at once."""
        keys = {name: f"{self.queue}-{name}" for name in ("unacked_key", "unacked_index_key", "unacked_mutex_key")}
        connection = Connection(
            settings.REDIS_URL,
            transport="core.broker:Transport",
            transport_options={
                **keys,
                "visibility_timeout": LEASE,
                "unacked_restore_throttle": 1,
                "restore_grace": 0,
                **options,
            },
        )
        self.opened.append(connection)
        return connection

    def send(self) -> None:
        with self.connect() as connection:
            Producer(connection.default_channel).publish({"a": 1}, routing_key=self.queue)

    def take(self, connection: Connection) -> Any:
        """Take the message without acknowledging it; None where there is none."""
        return connection.default_channel.basic_get(self.queue)

    def take_back(self, connection: Connection) -> Any:
        """Look for messages of silent workers, and take what came back."""
        connection.default_channel.qos.restore_visible(num=None, interval=1)
        return self.take(connection)

    def held(self) -> int:
        with Redis.from_url(settings.REDIS_URL) as redis:
            return redis.zcard(f"{self.queue}-unacked_index_key") + redis.hlen(f"{self.queue}-unacked_key")


@pytest.fixture
def queue() -> Iterator[Broker]:
    made = Broker()
    yield made
    for connection in made.opened:
        connection.release()
    with Redis.from_url(settings.REDIS_URL) as redis:
        for key in redis.keys(f"{made.queue}*"):
            redis.delete(key)


def test_a_silent_workers_message_comes_back(queue: Broker) -> None:
    queue.send()
    silent, other = queue.connect(), queue.connect()
    assert queue.take(silent).payload == {"a": 1}

    assert queue.take_back(other) is None, "its lease lasts"
    time.sleep(LEASE + 0.05)

    back = queue.take_back(other)
    assert (back.payload, back.delivery_info["redelivered"]) == ({"a": 1}, True)


def test_a_living_workers_message_stays_with_it(queue: Broker) -> None:
    queue.send()
    living, other = queue.connect(), queue.connect()
    message = queue.take(living)

    ends = time.monotonic() + 3 * LEASE
    while time.monotonic() < ends:
        living.transport.renew()
        assert queue.take_back(other) is None
        time.sleep(LEASE / 5)

    message.ack()
    assert queue.held() == 0


def test_what_was_acknowledged_does_not_come_back_by_a_renewal(queue: Broker) -> None:
    queue.send()
    living = queue.connect()
    message = queue.take(living)
    with Redis.from_url(settings.REDIS_URL) as redis:
        redis.delete(*redis.keys(f"{queue.queue}-unacked*"))

    living.transport.renew()
    assert queue.held() == 0
    message.ack()
    living.transport.renew()
    assert queue.held() == 0


def test_a_running_task_is_kept_through_a_lost_connection(queue: Broker) -> None:
    queue.send()
    lost, other = queue.connect(), queue.connect()
    request = Request(queue.take(lost))
    lost.release()
    assert queue.take(other) is None, "the end of a connection returns nothing"

    found = queue.connect()
    found.default_channel.qos  # noqa: B018  the channel on which the worker consumes
    state.active_requests.add(request)
    try:
        ends = time.monotonic() + 2 * LEASE
        while time.monotonic() < ends:
            found.transport.renew()
            assert queue.take_back(other) is None
            time.sleep(LEASE / 5)
        request.message.ack()
    finally:
        state.active_requests.discard(request)

    assert queue.held() == 0


def test_living_workers_get_time_to_reconnect_before_they_are_judged(queue: Broker) -> None:
    queue.send()
    queue.take(queue.connect())
    time.sleep(LEASE + 0.05)
    back = queue.connect(restore_grace=LEASE)

    assert queue.take_back(back) is None
    time.sleep(LEASE + 0.05)

    assert queue.take_back(back) is not None


def test_a_renewal_that_fails_is_told_and_harms_nothing(
    queue: Broker, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    queue.send()
    living = queue.connect()
    queue.take(living)

    @contextmanager
    def away() -> Iterator[Redis]:
        with Redis(host="127.0.0.1", port=1, retry=Retry(NoBackoff(), 0)) as redis:
            yield redis

    monkeypatch.setattr(living.default_channel, "conn_or_acquire", away)
    living.transport.renew()

    assert "were not renewed" in caplog.text


def test_nothing_is_asked_of_redis_while_nothing_is_held(queue: Broker, monkeypatch: pytest.MonkeyPatch) -> None:
    idle = queue.connect()
    monkeypatch.setattr(idle.default_channel, "conn_or_acquire", None)

    idle.transport.renew()


def test_the_worker_renews_by_the_clock_of_its_event_loop(queue: Broker) -> None:
    connection = queue.connect(renew_interval=LEASE / 6)
    hub = Hub()
    repeated: list[tuple[float, Any]] = []
    hub.call_repeatedly = lambda interval, function: repeated.append((interval, function))
    try:
        connection.transport.register_with_event_loop(connection.connection, hub)
    finally:
        hub.close()

    assert (LEASE / 6, connection.transport.renew) in repeated


def test_the_pool_processes_die_with_their_worker() -> None:
    program = (
        "import os, time; from core.broker import end_with_parent\n"
        "if os.fork() == 0:\n    end_with_parent(); print(os.getpid(), flush=True)\ntime.sleep(60)"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", program],
        env={**os.environ, "PYTHONPATH": str(ROOT / "platform")},
        stdout=subprocess.PIPE,
        text=True,
    )
    child = int(parent.stdout.readline())
    parent.send_signal(signal.SIGKILL)
    parent.wait(timeout=5)

    eventually(lambda: not psutil.pid_exists(child) or psutil.Process(child).status() == "zombie", seconds=5)
    parent.stdout.close()


def test_where_the_kernel_has_no_such_signal_nothing_is_asked_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(broker, "sys", SimpleNamespace(platform="darwin"))
    monkeypatch.setattr(broker, "ctypes", None)

    end_with_parent()


def test_the_transport_is_still_redis() -> None:
    assert Transport.driver_type == "redis"
