import logging.config
import time
from typing import Any

import structlog
from celery import Task, signals
from django.conf import settings

from core.observability import metrics
from core.web.request_id import clear_request_id, current_request_id, set_request_id

HEADER = "request_id"
logger = structlog.get_logger("livery.task")


def connect() -> None:
    """Give task runs the log format, the request id of what queued them, and counters."""
    signals.setup_logging.connect(_set_up_logging, dispatch_uid="livery.logging")
    signals.before_task_publish.connect(_send_request_id, dispatch_uid="livery.request_id")
    signals.task_prerun.connect(_begin, dispatch_uid="livery.begin")
    signals.task_postrun.connect(_end, dispatch_uid="livery.end")


def _set_up_logging(**_: Any) -> None:
    logging.config.dictConfig(settings.LOGGING)


def _send_request_id(headers: dict[str, Any], **_: Any) -> None:
    if current_request_id():
        headers.setdefault(HEADER, current_request_id())


def _begin(task: "Task[Any, Any]", task_id: str, **_: Any) -> None:
    if task.request.is_eager:
        return
    structlog.contextvars.clear_contextvars()
    set_request_id(getattr(task.request, HEADER, None) or task_id)
    structlog.contextvars.bind_contextvars(task=task.name, task_id=task_id)
    task.request.began = time.perf_counter()  # type: ignore[attr-defined]


def _end(task: "Task[Any, Any]", task_id: str, state: str | None, **_: Any) -> None:
    if task.request.is_eager:
        return
    seconds = time.perf_counter() - getattr(task.request, "began", time.perf_counter())
    outcome = (state or "unknown").lower()
    metrics.TASKS.labels(task.name, outcome).inc()
    metrics.TASK_SECONDS.labels(task.name).observe(seconds)
    logger.info("task", outcome=outcome, milliseconds=round(seconds * 1000, 1))
    clear_request_id()
