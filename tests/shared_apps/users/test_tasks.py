from collections.abc import Iterator
from typing import Any

import pytest
from django.core import mail as outbox

from core.tenancy import TenantRef, platform_context, tenant_context
from core.tenancy.schedule import schedule
from shared_apps.users import tasks
from shared_apps.users.models import Mail
from shared_apps.users.services import mail_queue
from tests.support.twins import Twins


@pytest.fixture
def queued(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[tuple[str, list[Any]]]]:
    """What the broker would get."""
    sent: list[tuple[str, list[Any]]] = []
    for task in (tasks.mail_send_task, tasks.mail_sweep_one_task, tasks.purge_one_task):
        monkeypatch.setattr(
            type(task._get_current_object() if hasattr(task, "_get_current_object") else task),
            "apply_async",
            lambda self, args=None, **options: sent.append((self.name, list(args or []))),
        )
    yield sent


def queue_mail() -> Mail:
    return mail_queue(
        template="users/mail/invitation", recipient="cleo@example.org", context={"link": "x", "inviter": "", "days": 7}
    )


def test_a_message_is_handed_over_once_its_transaction_has_committed(committed: Twins, queued) -> None:
    with tenant_context(committed.first):
        mail = queue_mail()
        assert queued == [("users.mail_send", [str(mail.pk)])]
        tasks.mail_send_task(str(mail.pk))
    assert len(outbox.outbox) == 1


def test_the_sweep_finds_what_was_forgotten(inside: TenantRef, queued, django_capture_on_commit_callbacks) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        mail = queue_mail()
        queued.clear()
        tasks.mail_sweep_one_task()
    assert ("users.mail_send", [str(mail.pk)]) in queued


def test_the_sweep_visits_the_platform_and_every_tenant(
    db: None, monkeypatch: pytest.MonkeyPatch, queued, django_capture_on_commit_callbacks
) -> None:
    fanned: list[tuple[str, int]] = []
    monkeypatch.setattr(tasks, "fan_out", lambda task, spread: fanned.append((task.name, spread)))
    with platform_context(), django_capture_on_commit_callbacks(execute=True):
        tasks.mail_sweep_task()
    assert ("users.mail_sweep_one", []) in queued
    assert fanned == [("users.mail_sweep_one", 60)]
    assert schedule()["users.mail_sweep"].every == 120


def test_purging_visits_the_platform_and_every_tenant(
    inside: TenantRef, monkeypatch: pytest.MonkeyPatch, queued, django_capture_on_commit_callbacks
) -> None:
    purged: list[str] = []
    fanned: list[tuple[str, int]] = []
    monkeypatch.setattr(tasks, "purge_expired", lambda: purged.append("done"))
    monkeypatch.setattr(tasks, "fan_out", lambda task, spread: fanned.append((task.name, spread)))
    tasks.purge_one_task()
    assert purged == ["done"]
    with platform_context(), django_capture_on_commit_callbacks(execute=True):
        tasks.purge_task()
    assert queued == [("users.purge_one", [])]
    assert fanned == [("users.purge_one", 3600)]
    assert schedule()["users.purge"].every == 24 * 3600
