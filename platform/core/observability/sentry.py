from typing import TYPE_CHECKING, Any, cast

import sentry_sdk
from django.conf import settings
from sentry_sdk.integrations.celery import CeleryIntegration
from sentry_sdk.integrations.django import DjangoIntegration
from sentry_sdk.integrations.logging import ignore_logger
from sentry_sdk.types import Event, Hint

from core.observability.middleware import REQUEST_LOGGER
from core.observability.redaction import redact
from core.tenancy.context import current_scope
from core.web.request_id import current_request_id

if TYPE_CHECKING:
    from sentry_sdk._types import DataCollectionUserOptions, KeyValueCollectionBehaviour

_off: "KeyValueCollectionBehaviour" = {"mode": "off"}
NOTHING_PERSONAL: "DataCollectionUserOptions" = {
    "user_info": False,
    "cookies": _off,
    "http_headers": {"request": _off},
    "http_bodies": [],
    "url_query_params": _off,
    "database_query_data": False,
    "queues": False,
    "stack_frame_variables": False,
}


def start() -> None:
    """Report errors to SENTRY_DSN; without one nothing is started and nothing leaves the process."""
    if not settings.SENTRY_DSN:
        return
    sentry_sdk.init(
        dsn=settings.SENTRY_DSN,
        data_collection=NOTHING_PERSONAL,
        auto_enabling_integrations=False,
        integrations=[DjangoIntegration(), CeleryIntegration()],
        max_breadcrumbs=20,
        before_send=before_send,
        before_breadcrumb=before_breadcrumb,
    )
    # Its error lines only repeat that a request failed; the exception itself is the event.
    ignore_logger(REQUEST_LOGGER)


def before_send(event: Event, hint: Hint) -> Event | None:
    """An event that tells which tenant and which request failed, and nothing about a person."""
    event.pop("user", None)
    request = event.pop("request", {})
    scope = current_scope()
    clean: Any = redact_deep(event)
    if request:
        clean["request"] = {"method": request.get("method", "")}
    clean.setdefault("tags", {})
    if current_request_id():
        clean["tags"]["request_id"] = current_request_id()
    if scope is not None:
        clean["tags"]["tenant"] = str(scope.tenant.uuid) if scope.tenant else "platform"
    return cast("Event", clean)


def before_breadcrumb(crumb: dict[str, Any], hint: Hint) -> dict[str, Any] | None:
    """Keep what was logged before the error, without secrets and without SQL and its values."""
    return None if crumb.get("category") == "query" else redact(crumb)


def redact_deep(event: Any) -> Any:
    """Redact an event at any depth: its stack frames lie deeper than a log value ever does."""
    if isinstance(event, dict):
        return {
            key: redact_deep(item) if isinstance(item, dict | list) else redact(item, name=key)
            for key, item in event.items()
        }
    return [redact_deep(item) if isinstance(item, dict | list) else redact(item) for item in event]
