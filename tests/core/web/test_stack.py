"""The middlewares together, in the order of the settings."""

import json

import pytest
from django.http import HttpResponse
from django.urls import path
from structlog.testing import capture_logs

from core.errors import Conflict

UNKNOWN = [
    "nobody.example",
    "nobody.localhost",
    "127.0.0.1",
    "NOBODY.example:8000",
    "bad_host",
    "riverbank.localhost.evil",
]


def refuse(request):
    raise Conflict("The month is closed.")


def fail(request):
    raise ValueError("lvk_secret")


urlpatterns = [
    path("refused/", refuse, name="refused"),
    path("broken/", fail, name="broken"),
    path("fine/", lambda request: HttpResponse("fine"), name="fine"),
]
handler404 = "core.web.errors.not_found"
handler500 = "core.web.errors.server_error"


@pytest.fixture
def browser(tenant, client_for, settings):
    """A browser at the tenant, with pages that refuse and break."""
    settings.TENANT_URLCONF = __name__
    return client_for(tenant, raise_request_exception=False)


@pytest.mark.parametrize("path", ["/", "/api/v1/", "/no/such/page/", "/accounts/login/"])
def test_all_unknown_hosts_answer_with_the_same_bytes(db, client_for, path):
    answers = []
    for host in UNKNOWN:
        client = client_for("platform")
        answers.append(client.get(path, headers={"host": host, "x-request-id": "request-1234"}))
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.content for answer in answers}) == 1
    assert len({tuple(sorted(answer.items())) for answer in answers}) == 1


@pytest.mark.parametrize("host", [*UNKNOWN, "localhost"])
def test_health_is_answered_whatever_the_host(client_for, host):
    assert client_for("platform").get("/healthz", headers={"host": host}).status_code == 200


HEADERS = {
    "Cache-Control": "no-store, private",
    "Content-Security-Policy": "default-src 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=()",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Request-ID": "request-1234",
}


@pytest.mark.parametrize("path", ["/fine/", "/refused/", "/broken/", "/no/such/page/", "/api/v1/no-such-thing/"])
def test_every_answer_wears_the_headers(browser, path):
    answer = browser.get(path, headers={"x-request-id": "request-1234"})
    for name, part in HEADERS.items():
        assert part in answer[name]


def test_the_page_of_an_unknown_host_wears_them_too(db, client_for):
    answer = client_for("platform").get("/", headers={"host": "nobody.example", "x-request-id": "request-1234"})
    for name, part in HEADERS.items():
        assert part in answer[name]


def test_a_refusal_is_told_in_its_words_and_a_fault_tells_nothing(browser, tenant):
    refused, broken = browser.get("/refused/"), browser.get("/broken/")
    assert (refused.status_code, broken.status_code) == (409, 500)
    assert "The month is closed." in refused.content.decode()
    assert tenant.name in broken.content.decode()
    assert b"lvk_secret" not in broken.content
    assert broken["X-Request-ID"] in broken.content.decode()


def test_a_tenants_pages_never_name_the_platform(browser, settings):
    settings.PLATFORM_NAME = "The Platform"
    for page in ("/refused/", "/broken/", "/no/such/page/"):
        assert b"The Platform" not in browser.get(page).content


@pytest.mark.parametrize("path", ["/no/such/page/", "/api/v1/no-such-thing/"])
def test_a_missing_page_is_a_page_and_a_missing_endpoint_a_problem(browser, path):
    answer = browser.get(path)
    assert answer.status_code == 404
    if path.startswith("/api/"):
        assert json.loads(answer.content)["status"] == 404
    else:
        assert answer["Content-Type"].startswith("text/html")


def test_each_answer_is_logged_once_with_its_tenant(browser, tenant):
    with capture_logs() as lines:
        browser.get("/fine/")
    [line] = [line for line in lines if line["event"] == "request"]
    assert (line["route"], line["status"], line["tenant"]) == ("fine", 200, str(tenant.uuid))
