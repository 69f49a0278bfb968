from collections.abc import Callable
from datetime import timedelta
from typing import Any

from core import clock
from core.tenancy import TenantRef, platform_context, tenant_context
from tenant_apps.events.models import OutboxEvent
from tenant_apps.events.services import wakeups
from tenant_apps.events.tasks import purge_task, sweep_task
from tests.support.messages import waiting


def test_a_queued_dispatcher_hands_on_the_events_of_its_tenant(
    tenant: TenantRef,
    other_tenant: TenantRef,
    subscribe: Callable[..., Any],
    emit: Callable[..., Any],
    django_capture_on_commit_callbacks: Any,
) -> None:
    waiting()
    wakeups._redis().flushdb()
    received = subscribe("test.happened")
    for twin in (tenant, other_tenant):
        with tenant_context(twin), django_capture_on_commit_callbacks(execute=True):
            emit(slug=twin.slug)

    first, second = waiting()
    first.run()
    assert [event.payload["slug"] for event in received] == [tenant.slug]

    second.run()
    assert [event.payload["slug"] for event in received] == [tenant.slug, other_tenant.slug]


def test_the_platforms_events_are_handed_on_too(
    db: None, subscribe: Callable[..., Any], emit: Callable[..., Any], django_capture_on_commit_callbacks: Any
) -> None:
    waiting()
    wakeups._redis().flushdb()
    received = subscribe("test.happened")
    with platform_context(), django_capture_on_commit_callbacks(execute=True):
        emit()
    assert waiting() != []

    wakeups._redis().flushdb()
    with platform_context(), django_capture_on_commit_callbacks(execute=True):
        sweep_task()
    for message in waiting():
        message.run()

    assert len(received) == 1


def test_the_nightly_task_deletes_what_is_old_everywhere(
    tenant: TenantRef, django_capture_on_commit_callbacks: Any
) -> None:
    waiting()
    with tenant_context(tenant):
        OutboxEvent.objects.create(
            kind="test.old", subject_id="1", state="dispatched", dispatched_at=clock.now() - timedelta(days=40)
        )

    with platform_context(), django_capture_on_commit_callbacks(execute=True):
        purge_task()
    for message in waiting():
        with django_capture_on_commit_callbacks(execute=True):
            message.run()
    for message in waiting():
        message.run()

    with tenant_context(tenant):
        assert not OutboxEvent.objects.exists()
