import json

import pytest
from prometheus_client import REGISTRY
from structlog.testing import capture_logs

from core.api import limiter
from core.api.limiter import _client
from core.web import csp

MODERN = {
    "type": "csp-violation",
    "body": {
        "effectiveDirective": "script-src-elem",
        "blockedURL": "https://evil.example/x.js?token=abc",
        "documentURL": "https://riverbank.localhost/people/join/0123456789ABCDEFGHIJKLMNOP/?next=secret",
        "lineNumber": 7,
    },
}
OLD = {"csp-report": {"violated-directive": "style-src 'self'", "blocked-uri": "inline", "document-uri": "about"}}


@pytest.fixture
def send(tenant, client_for, settings):
    settings.TENANT_URLCONF = "tests.core.web.styleguide.urls"
    _client(settings.REDIS_URL).flushdb()
    client = client_for(tenant)

    def post(body, content_type="application/reports+json", **options):
        data = body if isinstance(body, str | bytes) else json.dumps(body)
        with capture_logs() as logs:
            response = client.generic("POST", "/csp-report/", data, content_type=content_type, **options)
        return response, [entry for entry in logs if entry["event"] == "csp_violation"]

    return post


def counted(directive):
    return REGISTRY.get_sample_value("livery_csp_reports_total", {"directive": directive}) or 0


def test_a_report_is_counted_and_logged_without_what_a_link_opens(send):
    before = counted("script-src-elem")
    response, [entry] = send([MODERN])
    assert response.status_code == 204
    assert counted("script-src-elem") == before + 1
    assert (entry["directive"], entry["line"]) == ("script-src-elem", 7)
    assert entry["blocked"] == "https://evil.example/x.js"
    assert entry["document"] == "https://riverbank.localhost/people/join/[redacted]/"


def test_the_older_form_is_understood(send):
    _, [entry] = send(OLD, "application/csp-report")
    assert (entry["directive"], entry["blocked"]) == ("style-src", "inline")


def test_what_a_sender_makes_up_is_no_label(send):
    _, [entry] = send({"csp-report": {"violated-directive": "x" * 900}}, "application/csp-report")
    assert entry["directive"] == "other"


def test_only_so_many_of_one_request_count(send):
    _, entries = send([MODERN] * 50)
    assert len(entries) == csp.REPORTS_PER_REQUEST


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        ("{", "application/reports+json", 400),
        ("[" * 10_000, "application/reports+json", 400),
        (b"\xff", "application/csp-report", 400),
        ("[]", "text/plain", 415),
        ("x" * (csp.LARGEST + 1), "application/csp-report", 413),
        ('[1, null, {"body": "x"}]', "application/reports+json", 204),
    ],
)
def test_anything_else_is_refused_and_not_logged(send, body, content_type, status):
    response, entries = send(body, content_type)
    assert (response.status_code, entries) == (status, [])


def test_one_sender_cannot_fill_the_log(send, monkeypatch):
    monkeypatch.setattr(limiter, "limit_of", lambda name: limiter.Limit(points=2, seconds=60))
    statuses = [send([MODERN])[0].status_code for _ in range(4)]
    assert statuses == [204, 204, 429, 429]


def test_a_report_is_only_ever_posted(tenant, client_for, settings):
    settings.TENANT_URLCONF = "tests.core.web.styleguide.urls"
    assert client_for(tenant).get("/csp-report/").status_code == 405
