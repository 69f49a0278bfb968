import logging
from collections.abc import MutableMapping
from typing import Any

import structlog
from django.conf import settings
from django.http import HttpRequest
from structlog.typing import Processor

from core.observability.redaction import LONGEST, redact, redact_path, redact_text
from core.tenancy.context import current_scope

Event = MutableMapping[str, Any]
# A traceback keeps its line breaks; the JSON renderer writes them out and the console shows them.
_traceback = "exception"


def add_scope(logger: Any, method: str, event: Event) -> Event:
    """Name the tenant by its uuid, which says nothing to an outsider, or the platform."""
    scope = current_scope()
    if scope is not None and "tenant" not in event:
        event["tenant"] = str(scope.tenant.uuid) if scope.tenant else "platform"
    return event


def shorten_path(logger: Any, method: str, event: Event) -> Event:
    """Django's lines about a request name its path, which may be a link that opens something."""
    request = getattr(event.get("_record"), "request", None)
    if isinstance(request, HttpRequest):
        event["event"] = str(event["event"]).replace(request.path, redact_path(request.path))
    return event


def redact_event(logger: Any, method: str, event: Event) -> Event:
    """Take secrets out of every value and line breaks out of every line."""
    traceback = event.pop(_traceback, None)
    clean = {name: redact(value, name=name) for name, value in event.items()}
    if traceback is not None:
        # The last lines say what failed.
        clean[_traceback] = redact_text(str(traceback)[-LONGEST:])
    return clean


def _shared() -> list[Processor]:
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        add_scope,
    ]


def formatter() -> logging.Formatter:
    """The formatter of every handler: LOG_FORMAT `json` writes one object a line, `console` is for people."""
    renderer: Processor = (
        structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
        if settings.LOG_FORMAT == "console"
        else structlog.processors.JSONRenderer(ensure_ascii=False)
    )
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[*_shared(), shorten_path],
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            redact_event,
            renderer,
        ],
    )


def configure() -> None:
    """Send structlog through the standard library's handlers, so that Django's and our lines look alike."""
    structlog.configure(
        processors=[
            *_shared(),
            structlog.stdlib.PositionalArgumentsFormatter(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
