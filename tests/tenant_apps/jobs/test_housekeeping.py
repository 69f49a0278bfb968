from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.db import IntegrityError

from core import clock
from core.tenancy import TenantRef, atomic, platform_context, tenant_context
from tenant_apps.jobs.models import IdempotencyRecord, TaskRun
from tenant_apps.jobs.services import housekeeping, records_purge, runs_purge, sessions_purge
from tenant_apps.jobs.tasks import purge_task
from tests.support.messages import waiting

pytestmark = pytest.mark.usefixtures("inside")
NOW = clock.now().replace(hour=12, minute=0, second=0, microsecond=0)


def record(number: int, *, days: int) -> None:
    IdempotencyRecord.objects.create(
        digest=f"{number:064}", fingerprint="f", token=None, lease_until=None, created_at=NOW - timedelta(days=days),
        state="finished", answer_status=200, answer_body=b"", finished_at=NOW,
    )  # fmt: skip


def test_old_records_runs_and_sessions_go_in_batches(monkeypatch: pytest.MonkeyPatch, other_tenant: TenantRef) -> None:
    monkeypatch.setattr(housekeeping, "BATCH", 2)
    for number in range(5):
        record(number, days=31)
    record(9, days=29)
    for days in (89, 91):
        TaskRun.objects.create(
            kind="test.job", requested_by_kind="system", state="failed", finished_at=NOW - timedelta(days=days)
        )
    TaskRun.objects.create(kind="test.job", requested_by_kind="system", created_at=NOW - timedelta(days=400))
    Session.objects.create(session_key="old", session_data="", expire_date=clock.now() - timedelta(seconds=1))
    Session.objects.create(session_key="new", session_data="", expire_date=clock.now() + timedelta(days=1))
    with tenant_context(other_tenant):
        record(1, days=31)

    assert (records_purge(), runs_purge(), sessions_purge()) == (5, 1, 1)
    assert (records_purge(), runs_purge(), sessions_purge()) == (0, 0, 0)

    assert IdempotencyRecord.objects.count() == 1
    assert TaskRun.objects.count() == 2
    assert Session.objects.get().session_key == "new"
    with tenant_context(other_tenant):
        assert IdempotencyRecord.objects.count() == 1


def test_the_nightly_task_reaches_the_platform_and_every_tenant(
    tenant: TenantRef, django_capture_on_commit_callbacks: object
) -> None:
    waiting()
    with platform_context(), django_capture_on_commit_callbacks(execute=True):
        purge_task()

    messages = waiting()
    assert {message.task for message in messages} == {"tenancy.queue_slice", "jobs.purge_one"}
    (own,) = [message for message in messages if message.task == "jobs.purge_one"]
    own.run()


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": ""},
        {"state": "lost"},
        {"state": "running"},
        {"state": "succeeded"},
        {"finished_at": NOW},
        {"progress_done": 2, "progress_total": 1},
        {"progress_done": -1},
        {"arguments": []},
        {"checkpoint": []},
    ],
    ids=str,
)
def test_the_database_refuses_what_is_no_run(wrong: dict[str, object]) -> None:
    with pytest.raises(IntegrityError), atomic():
        TaskRun.objects.create(**{"kind": "test.job", "requested_by_kind": "system", **wrong})

    assert not TaskRun.objects.exists()


@pytest.mark.parametrize(
    "wrong",
    [{"token": None}, {"state": "finished"}, {"state": "lost"}, {"answer_status": 200}, {"answer_headers": []}],
    ids=str,
)
def test_the_database_refuses_what_is_no_record(wrong: dict[str, object]) -> None:
    values = {"digest": "d", "fingerprint": "f", "token": "0" * 32, "lease_until": NOW} | wrong
    with pytest.raises(IntegrityError), atomic():
        IdempotencyRecord.objects.create(**values)

    assert not IdempotencyRecord.objects.exists()


def test_rows_have_names() -> None:
    run = TaskRun(kind="test.job")
    assert str(run) == f"test.job {run.pk}"
    assert str(IdempotencyRecord(route="POST x", key="k")) == "POST x k"
