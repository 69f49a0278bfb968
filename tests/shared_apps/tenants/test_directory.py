import os
import select
import signal
import time
from uuid import uuid4

import pytest
from redis import Redis

from core.actor import SYSTEM
from core.tenancy import TenantState, directory, platform_context
from core.tenancy.errors import TenantGone
from shared_apps.tenants import directory as implementation
from shared_apps.tenants import invalidation
from shared_apps.tenants.directory import TenantDirectory
from shared_apps.tenants.models import TemplateStep, Tenant
from shared_apps.tenants.services import tenant_suspend
from tests.support.twins import Twins


def wait_for(answer, seconds=5.0):
    deadline = time.monotonic() + seconds
    while not answer():
        assert time.monotonic() < deadline, "It did not happen."
        time.sleep(0.01)


def rename(ref, name):
    with platform_context():
        Tenant.objects.filter(pk=ref.uuid).update(name=name)


def test_tenants_are_found_by_host_and_uuid(db, twins: Twins):
    found = directory().by_host("north.localhost")
    assert found == directory().by_uuid(twins.first.uuid) == twins.first
    assert (found.slug, found.primary_host, found.state) == ("north", "north.localhost", TenantState.ACTIVE)
    assert (found.role, found.read_only_role) == (found.schema, f"{found.schema}_ro")
    assert directory().by_host("nobody.localhost") is None
    with pytest.raises(TenantGone):
        directory().by_uuid(uuid4())


def test_tenants_are_listed_as_they_are_now(committed: Twins):
    assert [ref.slug for ref in directory().refs()] == ["north", "south"]
    with platform_context():
        tenant_suspend(tenant=Tenant.objects.get(slug="north"), actor=SYSTEM)
    try:
        assert [ref.slug for ref in directory().refs()] == ["south"]
        assert [ref.slug for ref in directory().refs(states=[TenantState.SUSPENDED])] == ["north"]
    finally:
        with platform_context():
            Tenant.objects.update(state=TenantState.ACTIVE)


def test_an_answer_is_remembered_for_a_moment(db, twins: Twins, django_assert_num_queries, monkeypatch):
    own = TenantDirectory()
    assert own.by_host("north.localhost") and own.by_host("nobody.localhost") is None
    rename(twins.first, "Renamed")
    with django_assert_num_queries(0):
        assert own.by_host("north.localhost").name == "North Ltd"
        assert own.by_host("nobody.localhost") is None
    own.forget()
    assert own.by_host("north.localhost").name == "Renamed"
    monkeypatch.setattr(implementation, "_LIFETIME_SECONDS", -1)
    own.forget()
    own.by_host("north.localhost")
    rename(twins.first, "Again")
    assert own.by_host("north.localhost").name == "Again"


def test_no_more_is_remembered_than_there_is_room_for(db, twins: Twins, monkeypatch):
    monkeypatch.setattr(implementation, "_CAPACITY", 2)
    own = TenantDirectory()
    for host in ("one.localhost", "two.localhost", "three.localhost"):
        own.by_host(host)
    assert [key for key, _entry in own._known.items()] == [("host", "two.localhost"), ("host", "three.localhost")]


def test_the_step_that_the_code_needs(fleet: Twins):
    with platform_context():
        newest = TemplateStep.objects.last()
        assert TenantDirectory().required_step() == newest.ordinal
        TemplateStep.objects.create(ordinal=newest.ordinal + 1, app_label="x", name="later", kind="sql", shape="s")
        assert TenantDirectory().required_step() == newest.ordinal
        newest.delete()
        assert TenantDirectory().required_step() is None


def hears(reader):
    return bool(select.select([reader], [], [], 10)[0]) and os.read(reader, 1) == b"."


def test_a_change_is_heard_by_every_process(committed: Twins):
    heard = []
    invalidation.listen(lambda: heard.append("parent"))
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        # A forked process has no listener yet, and starts its own.
        invalidation.listen(lambda: os.write(writer, b"."))
        time.sleep(30)
        os._exit(0)
    try:
        assert hears(reader)
        invalidation.announce()
        assert hears(reader)
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


def test_a_listener_that_loses_redis_listens_again(db, settings, monkeypatch):
    monkeypatch.setattr(invalidation, "_RETRY_SECONDS", 0.05)
    monkeypatch.setattr(invalidation, "_listeners", {})
    heard = []
    with Redis.from_url(settings.REDIS_URL) as redis:
        before = {client["id"] for client in redis.client_list(_type="pubsub")}
        invalidation.listen(lambda: heard.append(1))
        invalidation.listen(lambda: heard.append("never"))
        wait_for(lambda: len(heard) == 1)
        (own,) = {client["id"] for client in redis.client_list(_type="pubsub")} - before
        redis.client_kill_filter(_id=own)
        wait_for(lambda: len(heard) == 2)
        wait_for(lambda: redis.publish(invalidation.CHANNEL, "changed") and len(heard) > 2)
        invalidation.stop_listening()
    assert "never" not in heard


@pytest.fixture
def listeners(monkeypatch):
    """As in a process that does not listen yet."""
    monkeypatch.setattr(invalidation, "_listeners", {})
    return invalidation._listeners


def test_a_listener_that_is_stopped_leaves_redis_and_can_be_followed_by_another(db, settings, listeners, caplog):
    caplog.set_level("INFO")
    first, second = [], []
    with Redis.from_url(settings.REDIS_URL) as redis:
        ((_, before),) = redis.pubsub_numsub(invalidation.CHANNEL)
        invalidation.listen(lambda: first.append(1))
        wait_for(lambda: first)
        (thread,) = listeners.values()
        invalidation.stop_listening()
        assert not thread.is_alive()
        assert redis.pubsub_numsub(invalidation.CHANNEL) == [(invalidation.CHANNEL.encode(), before)]
        invalidation.listen(lambda: second.append(1))
        wait_for(lambda: second)
        invalidation.announce()
        wait_for(lambda: len(second) > 1)
        invalidation.stop_listening()
        invalidation.stop_listening()
    assert first == [1]
    assert "registry_listener" not in caplog.text


def test_a_listener_can_be_stopped_before_it_listens_and_after_redis_has_gone(
    db, settings, listeners, monkeypatch, caplog
):
    caplog.set_level("INFO")
    heard = []
    early = invalidation._Listener(lambda: heard.append(1))
    early._stopping.set()
    early._hear()
    assert heard == []
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    monkeypatch.setattr(invalidation, "_RETRY_SECONDS", 60)
    for _ in range(2):
        caplog.clear()
        invalidation.stop_listening()
        invalidation.listen(lambda: heard.append(1))
        wait_for(lambda: "registry_listener_waits" in caplog.text)
    (waiting,) = listeners.values()
    # As if Redis went just now.
    waiting._subscription = Redis(port=1, retry=None).pubsub()
    invalidation.stop_listening()
    assert not waiting.is_alive()
    assert "registry_listener_was_lost" in caplog.text
    assert heard == []


def test_without_redis_a_change_is_made_all_the_same(committed: Twins, settings, caplog):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    with platform_context():
        try:
            assert tenant_suspend(tenant=Tenant.objects.get(slug="north"), actor=SYSTEM).state == "suspended"
        finally:
            Tenant.objects.update(state=TenantState.ACTIVE)
    assert "registry_change_not_announced" in caplog.text
