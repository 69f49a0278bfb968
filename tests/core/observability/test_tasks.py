import logging

import pytest
import structlog
from celery import Celery, signals
from prometheus_client import REGISTRY
from structlog.testing import capture_logs

from core.observability import tasks
from core.web.request_id import clear_request_id, current_request_id, set_request_id

app = Celery("tests", broker="memory://", backend="cache+memory://", set_as_current=False)


@app.task(name="tests.observed", bind=True)
def observed(self, fail=False):
    seen.update(structlog.contextvars.get_contextvars(), current=current_request_id())
    if fail:
        raise ValueError("no")


seen = {}


def run(task, *, task_id="task-12345", fail=False, **request):
    """Run a task the way a worker does: with its signals and not eagerly."""
    from celery.app.trace import build_tracer

    tracer = build_tracer(task.name, task, app=app, eager=False, propagate=False)
    with capture_logs() as lines:
        tracer(task_id, (), {"fail": fail}, {"id": task_id, "task": task.name, "is_eager": False, **request})
    return lines


def counted(outcome):
    return REGISTRY.get_sample_value("livery_tasks_total", {"task": "tests.observed", "outcome": outcome}) or 0


@pytest.fixture(autouse=True)
def clean():
    seen.clear()
    tasks.connect()
    yield
    clear_request_id()


def test_a_task_carries_the_id_of_the_request_that_queued_it():
    sent = {}

    def keep(headers, **_):
        sent.update(headers)

    signals.before_task_publish.connect(keep)
    set_request_id("request-1234")
    observed.apply_async()
    clear_request_id()
    run(observed, request_id=sent["request_id"])
    assert seen == {
        "request_id": "request-1234",
        "current": "request-1234",
        "task": "tests.observed",
        "task_id": "task-12345",
    }


def test_a_task_that_nobody_requested_goes_by_its_own_id():
    headers = {}
    signals.before_task_publish.send(sender="x", headers=headers)
    assert headers == {}
    run(observed)
    assert seen["request_id"] == "task-12345"


def test_nothing_of_a_task_is_left_for_the_next_one():
    structlog.contextvars.bind_contextvars(leftover=1)
    run(observed)
    assert "leftover" not in seen
    assert structlog.contextvars.get_contextvars() == {}
    assert current_request_id() == ""


@pytest.mark.parametrize(("fail", "outcome"), [(False, "success"), (True, "failure")])
def test_a_run_is_logged_and_counted(fail, outcome):
    before = counted(outcome)
    lines = [line for line in run(observed, fail=fail) if line["event"] == "task"]
    assert [line["outcome"] for line in lines] == [outcome]
    assert lines[0]["milliseconds"] >= 0
    assert counted(outcome) == before + 1


def test_a_task_run_inside_a_request_leaves_the_requests_log_context_alone():
    set_request_id("request-1234")
    observed.apply()
    assert seen["request_id"] == "request-1234"
    assert current_request_id() == "request-1234"


def test_the_worker_takes_the_projects_logging(settings):
    settings.LOGGING = {**settings.LOGGING, "loggers": {"tests.marker": {"level": "CRITICAL"}}}
    signals.setup_logging.send(sender=None)
    assert logging.getLogger("tests.marker").level == logging.CRITICAL
