from celery import current_app

from core.observability.queues import broker_version, queue_depths
from core.tenancy import platform_context
from core.tenancy.tasks import QUEUES
from shared_apps.console.tasks import heard_task
from tests.support.messages import waiting


def test_messages_are_counted_by_queue(db):
    waiting()
    with platform_context():
        for _ in range(2):
            heard_task.apply_async(args=["bulk", "2026-03-31T09:30:00+00:00"], queue="bulk")
    assert queue_depths() == {**dict.fromkeys(QUEUES, 0), "bulk": 2}
    waiting()
    assert queue_depths() == dict.fromkeys(QUEUES, 0)
    assert broker_version()[0].isdigit()


def test_a_broker_that_is_away_is_no_error(monkeypatch):
    monkeypatch.setattr(current_app.conf, "broker_read_url", "redis://127.0.0.1:1/0")
    assert queue_depths() is None and broker_version() is None
