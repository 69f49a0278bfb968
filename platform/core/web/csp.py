import json
from typing import Any
from urllib.parse import urlsplit

import structlog
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST
from prometheus_client import Counter

from core.api.limiter import address_block, spend
from core.observability.redaction import redact_path
from core.web.requests import client_address

# Browsers send reports that the Reporting API describes, and the older ones of CSP level 2.
CONTENT_TYPES = {"application/reports+json", "application/csp-report"}
LARGEST = 16 * 1024
REPORTS_PER_REQUEST = 10
RATE_CLASS = "costly"
REPORTS = Counter("livery_csp_reports", "Reported violations of the content security policy.", ["directive"])
_KINDS = ("child", "connect", "default", "font", "frame", "img", "manifest", "media", "object", "worker")
_CODE = ("script", "script-elem", "script-attr", "style", "style-elem", "style-attr")
_DIRECTIVES = frozenset(
    ["base-uri", "form-action", "frame-ancestors"]
    + [f"{kind}-src" for kind in _KINDS]
    + [f"{kind.split('-')[0]}-src{kind.removeprefix(kind.split('-')[0])}" for kind in _CODE]
)
logger = structlog.get_logger("csp")


@csrf_exempt
@require_POST
def report(request: HttpRequest) -> HttpResponse:
    """Take a browser's report of a violation: count it, write it into the log, and answer nothing."""
    if request.content_type not in CONTENT_TYPES:
        return HttpResponse(status=415)
    if int(request.headers.get("Content-Length") or 0) > LARGEST:
        return HttpResponse(status=413)
    spending = spend(RATE_CLASS, f"csp:{address_block(client_address(request))}")
    if spending is not None and not spending.allowed:
        return HttpResponse(status=429, headers={"Retry-After": str(spending.retry_after)})
    try:
        violations = _violations(json.loads(request.body))
    except (ValueError, RecursionError):
        return HttpResponse(status=400)
    for violation in violations:
        _note(violation)
    return HttpResponse(status=204)


def _violations(sent: Any) -> list[dict[str, Any]]:
    found = sent if isinstance(sent, list) else [sent]
    bodies = [
        each.get("body", each.get("csp-report")) for each in found[:REPORTS_PER_REQUEST] if isinstance(each, dict)
    ]
    return [body for body in bodies if isinstance(body, dict)]


def _note(violation: dict[str, Any]) -> None:
    directive = _first(violation, "effectiveDirective", "effective-directive", "violated-directive").partition(" ")[0]
    directive = directive if directive in _DIRECTIVES else "other"
    REPORTS.labels(directive).inc()
    logger.warning(
        "csp_violation",
        directive=directive,
        blocked=_place(_first(violation, "blockedURL", "blocked-uri")),
        document=_place(_first(violation, "documentURL", "document-uri")),
        line=_line(violation.get("lineNumber", violation.get("line-number"))),
    )


def _first(violation: dict[str, Any], *names: str) -> str:
    return next((str(violation[name])[:500] for name in names if name in violation), "")


def _place(address: str) -> str:
    """An address without its query and fragment, which may hold what nobody should log."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return "unreadable"
    return (
        f"{parts.scheme}://{parts.netloc}{redact_path(parts.path)}"[:200]
        if parts.netloc
        else address.partition("?")[0][:50]
    )


def _line(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None
