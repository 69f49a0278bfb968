import socket
import time
from collections.abc import Callable, Iterator
from contextvars import copy_context
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import pytest
import structlog
from celery.exceptions import Retry
from django.core.signing import Signer

from config.celery import app
from core.tenancy import (
    TenantRef,
    atomic,
    current_scope,
    current_tenant,
    directory,
    platform_context,
    scope_key,
    tenant_context,
)
from core.tenancy import tasks as tenancy_tasks
from core.tenancy.errors import NoContext, NoTenant, TenancyError
from core.tenancy.lifecycle import TenantState
from core.tenancy.tasks import (
    HEADER,
    ContextTask,
    TaskRefused,
    enqueue,
    fan_out,
    platform_task,
    require_queue,
    scoped_task,
    takes_writes,
    tenant_task,
    tenants_of_slice,
)
from core.web.request_id import clear_request_id, current_request_id, set_request_id
from shared_apps.tenants.models import Tenant
from shared_apps.users.models import Role
from tests.support.messages import Message, waiting

RAN: list[tuple[str, Any]] = []


@tenant_task(name="test.tenant", queue="bulk")
def tenant_work(*values: Any, **named: Any) -> int:
    RAN.append((scope_key(), (*values, *named.items())))
    return Role.objects.count()


@tenant_task(name="test.reading", writes=False)
def reading_work() -> None:
    RAN.append((scope_key(), "read"))


@tenant_task(name="test.nested")
def nested_work() -> None:
    tenant_work.enqueue("nested")


@tenant_task(name="test.failing")
def failing_work() -> None:
    with atomic():
        raise KeyError("failed")


@tenant_task(name="test.retrying", max_retries=1)
def retrying_work(value: str) -> None:
    RAN.append((scope_key(), value))
    raise retrying_work.retry(countdown=0)


@tenant_task(name="test.remembering")
def remembering_work() -> str:
    return current_request_id()


@platform_task(name="test.platform", queue="critical")
def platform_work() -> None:
    RAN.append((scope_key(), "platform"))


@scoped_task(name="test.scoped")
def scoped_work() -> None:
    RAN.append((scope_key(), "scoped"))


@pytest.fixture(autouse=True)
def _empty_queues(db: None) -> Iterator[None]:
    waiting()
    RAN.clear()
    yield
    waiting()


@pytest.fixture
def sent(django_capture_on_commit_callbacks: Any) -> Callable[..., list[Message]]:
    """What a call queues once its transaction has committed."""

    def call(function: Callable[[], object]) -> list[Message]:
        with django_capture_on_commit_callbacks(execute=True):
            function()
        return waiting()

    return call


@pytest.fixture
def message(tenant: TenantRef, sent: Callable[..., list[Message]]) -> Message:
    """A task of the first twin, as it came from the broker."""
    with tenant_context(tenant):
        (found,) = sent(lambda: tenant_work.enqueue("a", 1, True, None))
    return found


def key(tenant: TenantRef) -> str:
    return f"t:{tenant.uuid}:{tenant.epoch}"


def registry(tenant: TenantRef, **values: Any) -> None:
    """Change the tenant's row, and forget what is remembered of it."""
    with platform_context():
        Tenant.objects.filter(pk=tenant.uuid).update(**values)
    directory().forget()


def refused(message: Message, why: str) -> None:
    with pytest.raises(TaskRefused, match=why):
        message.run()
    assert RAN == []
    assert current_scope() is None


def test_a_task_runs_in_the_tenant_in_which_it_was_queued(tenant: TenantRef, message: Message) -> None:
    assert message.run() > 0

    assert [(key(tenant), ("a", 1, True, None))] == RAN
    assert message.queue == "bulk"


def test_two_tenants_with_equal_ids_do_not_cross(
    tenant: TenantRef, other_tenant: TenantRef, sent: Callable[..., list[Message]]
) -> None:
    messages = []
    for twin in (tenant, other_tenant):
        with tenant_context(twin):
            messages += sent(lambda: tenant_work.enqueue(UUID(int=1)))

    for each in reversed(messages):
        each.run()

    assert [(key(other_tenant), (str(UUID(int=1)),)), (key(tenant), (str(UUID(int=1)),))] == RAN


def test_nothing_is_queued_by_a_transaction_that_rolls_back(
    tenant: TenantRef, sent: Callable[..., list[Message]]
) -> None:
    def fail() -> None:
        with pytest.raises(KeyError), atomic():
            tenant_work.enqueue("lost")
            raise KeyError

    with tenant_context(tenant):
        assert sent(fail) == []


@pytest.mark.parametrize("value", [1.5, {"a": 1}, [1], b"x", object()])
def test_a_task_takes_plain_values_only(tenant: TenantRef, value: object) -> None:
    with tenant_context(tenant):
        with pytest.raises(TypeError, match="ids and plain values"):
            tenant_work.enqueue(value)
        with pytest.raises(TypeError, match="ids and plain values"):
            tenant_work.apply_async(kwargs={"value": value})

    assert waiting() == []


def test_a_task_cannot_be_queued_without_its_context(tenant: TenantRef) -> None:
    for task, error in ((tenant_work, NoContext), (scoped_work, NoContext)):
        with pytest.raises(error):
            task.apply_async()
    with platform_context(), pytest.raises(NoTenant):
        tenant_work.apply_async()
    with tenant_context(tenant), pytest.raises(TenancyError, match="a tenant cannot queue it"):
        platform_work.apply_async()

    assert waiting() == []


def test_a_direct_call_runs_in_the_callers_context(tenant: TenantRef) -> None:
    with pytest.raises(NoContext):
        tenant_work("direct")
    with tenant_context(tenant):
        tenant_work("direct")

    assert [(key(tenant), ("direct",))] == RAN


@pytest.mark.parametrize(
    "forged",
    [
        None,
        "",
        "nonsense",
        "eyJ0ZW5hbnQiOiJ4In0:forged",
        Signer(salt="another").sign_object({"task": "test.tenant"}),
        Signer(key="another key", salt="livery.task").sign_object({"task": "test.tenant"}),
        17,
        {"tenant": "x"},
    ],
)
def test_a_forged_or_missing_origin_is_refused(message: Message, forged: Any) -> None:
    refused(message.changed(**{HEADER: forged}), "without a valid origin")


def test_the_origin_of_another_task_is_refused(
    tenant: TenantRef, message: Message, sent: Callable[..., list[Message]]
) -> None:
    with tenant_context(tenant):
        (other,) = sent(lambda: tenant_work.enqueue("a", 1, True, None))
        (named,) = sent(reading_work.enqueue)

    refused(message.changed(**{HEADER: other.headers[HEADER]}), "origin of another task")
    refused(message.changed(**{HEADER: named.headers[HEADER]}), "origin of another task")
    refused(message.changed(id=str(uuid4())), "origin of another task")


@pytest.mark.parametrize(
    "forged", [{"args": ["b", 1, True, None]}, {"args": ["a", 1, True]}, {"kwargs": {"more": 1}}, {"args": []}]
)
def test_other_arguments_than_were_signed_are_refused(message: Message, forged: dict[str, Any]) -> None:
    refused(replace(message, **forged), "other arguments")


def test_the_origin_of_the_platform_opens_no_tenant_and_the_other_way_round(
    tenant: TenantRef, message: Message, sent: Callable[..., list[Message]], monkeypatch: pytest.MonkeyPatch
) -> None:
    with platform_context():
        (from_platform,) = sent(scoped_work.enqueue)
    with tenant_context(tenant):
        (from_tenant,) = sent(scoped_work.enqueue)

    monkeypatch.setattr(tenancy_tasks.ScopedTask, "run_in_origin", tenancy_tasks.TenantTask.run_in_origin)
    refused(from_platform, "without a tenant")
    monkeypatch.setattr(tenancy_tasks.ScopedTask, "run_in_origin", tenancy_tasks.PlatformTask.run_in_origin)
    refused(from_tenant, "did not come from the platform")


def test_a_deleted_tenants_task_is_refused(tenant: TenantRef, sent: Callable[..., list[Message]]) -> None:
    with tenant_context(replace(tenant, uuid=uuid4())):
        (message,) = sent(tenant_work.enqueue)

    refused(message, "does not exist")


@pytest.mark.parametrize("state", sorted(set(TenantState) - {"trial", "active", "past_due"}))
def test_only_a_working_tenants_tasks_run(tenant: TenantRef, message: Message, state: str) -> None:
    registry(tenant, state=state)

    refused(message, TenantState(state).label.lower())


def test_a_task_that_writes_nothing_runs_for_a_read_only_tenant(
    tenant: TenantRef, sent: Callable[..., list[Message]]
) -> None:
    with tenant_context(tenant):
        (found,) = sent(reading_work.enqueue)
    registry(tenant, state="read_only")

    found.run()

    assert [(key(tenant), "read")] == RAN


def test_a_restored_or_moved_tenants_old_tasks_are_refused(tenant: TenantRef, message: Message) -> None:
    registry(tenant, epoch=tenant.epoch + 1)

    refused(message, "another epoch")


def test_a_tenant_whose_tables_lag_is_refused(tenant: TenantRef, message: Message) -> None:
    registry(tenant, template_step=tenant.template_step - 1)

    refused(message, "lag behind")
    with platform_context():
        assert not takes_writes(directory().by_uuid(tenant.uuid))
        assert tenant.uuid not in {ref.uuid for ref in tenants_of_slice(0, 1)}


def test_a_context_that_was_left_behind_is_refused(
    tenant: TenantRef, other_tenant: TenantRef, message: Message
) -> None:
    with tenant_context(other_tenant):
        left_behind = copy_context()

    with pytest.raises(TaskRefused, match="still had a context"):
        left_behind.run(lambda: _entered(other_tenant, message))

    assert RAN == []


def _entered(tenant: TenantRef, message: Message) -> None:
    with tenant_context(tenant):
        message._traced()


def test_a_failing_task_leaves_nothing_behind(tenant: TenantRef, sent: Callable[..., list[Message]]) -> None:
    with tenant_context(tenant):
        (failing,) = sent(failing_work.enqueue)
    context = copy_context()

    with pytest.raises(KeyError):
        context.run(failing._traced)

    assert context.run(current_scope) is None
    assert context.run(current_request_id) == ""
    assert context.run(structlog.contextvars.get_contextvars) == {}


def test_a_task_that_a_task_queues_has_the_same_tenant(tenant: TenantRef, sent: Callable[..., list[Message]]) -> None:
    with tenant_context(tenant):
        (outer,) = sent(nested_work.enqueue)
    (inner,) = sent(outer.run)

    inner.run()

    assert [(key(tenant), ("nested",))] == RAN


def test_a_retry_keeps_the_origin(tenant: TenantRef, sent: Callable[..., list[Message]]) -> None:
    with tenant_context(tenant):
        (first,) = sent(lambda: retrying_work.enqueue("again"))

    with pytest.raises(Retry):
        first.run()
    (second,) = waiting()

    assert (second.headers["id"], second.headers["retries"], second.queue) == (first.headers["id"], 1, first.queue)
    with pytest.raises(Exception, match=r"test\.retrying"):
        second.run()
    assert [(key(tenant), "again")] * 2 == RAN


def test_the_request_id_goes_with_the_task(tenant: TenantRef, sent: Callable[..., list[Message]]) -> None:
    set_request_id("request-12345678")
    try:
        with tenant_context(tenant):
            (found,) = sent(remembering_work.enqueue)
    finally:
        clear_request_id()

    assert found.run() == "request-12345678"


def test_a_platform_task_runs_on_the_platform(sent: Callable[..., list[Message]]) -> None:
    with platform_context():
        (found,) = sent(platform_work.enqueue)

    found.run()

    assert RAN == [("platform", "platform")]
    assert found.queue == "critical"


def test_a_scoped_task_runs_where_it_was_queued(tenant: TenantRef, sent: Callable[..., list[Message]]) -> None:
    with platform_context():
        messages = sent(scoped_work.enqueue)
    with tenant_context(tenant):
        messages += sent(lambda: enqueue("test.scoped", queue="fleet"))

    for each in messages:
        each.run()

    assert [("platform", "scoped"), (key(tenant), "scoped")] == RAN
    assert [each.queue for each in messages] == ["default", "fleet"]


def test_a_broker_that_is_away_fails_no_request(
    tenant: TenantRef, django_capture_on_commit_callbacks: Any, caplog: pytest.LogCaptureFixture
) -> None:
    with socket.socket() as nobody, pytest.MonkeyPatch.context() as patch:
        nobody.bind(("127.0.0.1", 0))
        patch.setitem(app.conf, "broker_url", f"redis://127.0.0.1:{nobody.getsockname()[1]}/0")
        patch.setattr(app.amqp, "_producer_pool", None)
        began = time.monotonic()
        with tenant_context(tenant), django_capture_on_commit_callbacks(execute=True):
            tenant_work.enqueue("later")

    assert time.monotonic() - began < 5
    assert any("task_not_queued" in record.getMessage() for record in caplog.records)


def test_a_task_names_a_queue_that_exists() -> None:
    assert require_queue("bulk") == "bulk"
    with pytest.raises(ValueError, match="There is no queue express"):
        tenant_task(name="test.express", queue="express")


def test_the_common_base_is_no_task() -> None:
    base = ContextTask()
    for call in (base.origin, lambda: base.run_in_origin({}, (), {})):
        with pytest.raises(TypeError, match="Use TenantTask"):
            call()


def test_a_fan_out_reaches_every_working_tenant_once(
    tenant: TenantRef, other_tenant: TenantRef, sent: Callable[..., list[Message]]
) -> None:
    with platform_context():
        slices = sent(lambda: fan_out(tenant_work, "daily", spread=7))
    assert [each.headers["task"] for each in slices] == ["tenancy.queue_slice"] * 7

    for each in slices:
        for queued in sent(each.run):
            queued.run()

    assert sorted(RAN) == sorted((key(twin), ("daily",)) for twin in (tenant, other_tenant))


def test_a_fan_out_is_spread_over_its_time_in_few_messages(sent: Callable[..., list[Message]]) -> None:
    with platform_context():
        slices = sent(lambda: fan_out(tenant_work, spread=3600))

    assert len(slices) == tenancy_tasks.MAX_SLICES
    assert [each.headers["eta"] is None for each in slices] == [True] + [False] * 59
    etas = [each.headers["eta"] for each in slices[1:]]
    assert etas == sorted(etas)
    assert len(set(etas)) == 59


def test_a_thousand_tenants_fall_evenly_into_slices(tenant: TenantRef, monkeypatch: pytest.MonkeyPatch) -> None:
    from core.ids import uuid7

    fleet = [replace(tenant, uuid=uuid7(), slug=f"t{number}") for number in range(1000)]
    monkeypatch.setattr(directory(), "refs", lambda states: iter(fleet))

    slices = [[ref.uuid for ref in tenants_of_slice(number, 60)] for number in range(60)]

    assert sorted(uuid for each in slices for uuid in each) == sorted(ref.uuid for ref in fleet)
    assert max(len(each) for each in slices) < 40
    assert slices == [[ref.uuid for ref in tenants_of_slice(number, 60)] for number in range(60)], "always the same"


def test_a_fan_out_passes_the_states_on(
    tenant: TenantRef, other_tenant: TenantRef, sent: Callable[..., list[Message]]
) -> None:
    registry(tenant, state="read_only")
    with platform_context():
        (everyone,) = sent(lambda: fan_out(reading_work, states={TenantState.READ_ONLY, TenantState.ACTIVE}))
        (working,) = sent(lambda: fan_out(reading_work))

    registry(other_tenant, state="active")
    assert len(sent(everyone.run)) == 2
    assert len(sent(working.run)) == 1


def test_the_tenant_of_a_task_is_read_anew(tenant: TenantRef, message: Message) -> None:
    registry(tenant, name="Renamed")
    found: list[str] = []

    original = tenant_work.run
    try:
        tenant_work.run = lambda *args: found.append(current_tenant().name)
        message.run()
    finally:
        tenant_work.run = original

    assert found == ["Renamed"]
