import json

import pytest
from django.http import HttpResponse

from core.web import readiness as checks
from core.web.errors import unknown_host_response
from core.web.probes import ProbeMiddleware


@pytest.fixture(autouse=True)
def no_other_checks(monkeypatch):
    monkeypatch.setattr(checks, "_checks", {})


def probe(rf, path, method="get", **extra):
    def no_further(request):
        raise AssertionError("A probe must be answered before anything else.")

    return ProbeMiddleware(no_further)(getattr(rf, method)(path, **extra))


def test_other_paths_are_passed_on(rf):
    response = ProbeMiddleware(lambda request: HttpResponse("page"))(rf.get("/healthz/more"))
    assert response.content == b"page"


@pytest.mark.parametrize("host", ["localhost", "riverbank.localhost", "nobody.example", "bad host"])
def test_health_is_answered_on_any_host_without_a_database(rf, host):
    response = probe(rf, "/healthz", HTTP_HOST=host)
    assert (response.status_code, json.loads(response.content)) == (200, {"status": "ok"})
    assert response["Cache-Control"] == "no-store, private"


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics"])
def test_probes_are_only_read(rf, path):
    response = probe(rf, path, "post")
    assert (response.status_code, response["Allow"]) == (405, "GET, HEAD")


def test_ready_when_all_checks_pass(rf):
    checks.readiness("database")(lambda: None)
    response = probe(rf, "/readyz")
    assert (response.status_code, json.loads(response.content)) == (200, {"status": "ok"})


def test_not_ready_names_what_failed_and_tells_no_secret(rf):
    def fail():
        raise ConnectionError("redis://user:hunter2@10.0.0.7 refused")

    checks.readiness("broker")(fail)
    checks.readiness("database")(lambda: None)
    response = probe(rf, "/readyz")
    assert response.status_code == 503
    assert json.loads(response.content) == {"status": "unavailable", "failed": ["broker"]}
    assert int(response["Retry-After"]) > 0


def test_metrics_are_text_for_the_holder_of_the_token(rf, settings):
    settings.METRICS_TOKEN = "token-of-the-scraper"
    response = probe(rf, "/metrics", headers={"Authorization": "Bearer token-of-the-scraper"}, REMOTE_ADDR="10.0.0.1")
    assert response.status_code == 200
    assert response["Content-Type"].startswith("text/plain; version=")
    assert b"livery_http_requests" in response.content


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer wrong", "token-of-the-scraper", "Bearer tökén"])
def test_without_the_token_there_are_no_metrics_even_locally(rf, settings, header):
    settings.METRICS_TOKEN = "token-of-the-scraper"
    headers = {} if header is None else {"Authorization": header}
    response = probe(rf, "/metrics", headers=headers, REMOTE_ADDR="127.0.0.1")
    assert (response.status_code, response.content) == (404, unknown_host_response().content)


@pytest.mark.parametrize(
    ("extra", "status"),
    [
        ({"REMOTE_ADDR": "127.0.0.1"}, 200),
        ({"REMOTE_ADDR": "10.0.0.1"}, 404),
        ({"REMOTE_ADDR": "127.0.0.1", "HTTP_X_FORWARDED_FOR": "203.0.113.1"}, 404),
    ],
)
def test_where_no_token_is_set_only_this_machine_reads_metrics(rf, settings, extra, status):
    settings.METRICS_TOKEN = ""
    assert probe(rf, "/metrics", **extra).status_code == status
