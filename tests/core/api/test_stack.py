from uuid import uuid4

import pytest

from core.tenancy import tenant_context
from tests.core.api.shelf import Book, EchoView

ECHO = "/api/v1/echo/"
BOOKS = "/api/v1/shelf/books/"
READER = {"X-Actor": "user:ada:shelf.view"}
REQUEST_ID = {"X-Request-ID": "request-1234"}


@pytest.fixture
def hosts(tenant, other_tenant, shelves, client_for):
    return client_for(tenant, raise_request_exception=False), client_for(other_tenant, raise_request_exception=False)


def problem(response, status):
    assert (response.status_code, response["Content-Type"]) == (status, "application/problem+json"), response.content
    assert response["Cache-Control"] == "no-store, private"
    assert response["X-Request-ID"] == response.json()["request_id"] != ""
    return response.json()["type"]


def headers_of(response):
    """All but how many points the actor has left."""
    return {name: value for name, value in response.items() if not name.startswith("RateLimit-")}


def test_an_object_of_one_organisation_is_missing_in_the_other(hosts, tenant):
    here, there = hosts
    with tenant_context(tenant):
        book = Book.objects.create(title="Emma")
    assert here.get(f"{BOOKS}{book.pk}/", headers=READER).json()["title"] == "Emma"
    foreign = there.get(f"{BOOKS}{book.pk}/", headers={**READER, **REQUEST_ID})
    missing = there.get(f"{BOOKS}{uuid4()}/", headers={**READER, **REQUEST_ID})
    assert problem(foreign, 404) == problem(missing, 404)
    assert foreign.content == missing.content
    assert headers_of(foreign) == headers_of(missing)


@pytest.mark.parametrize("method", ["get", "post", "put", "patch", "delete", "options"])
@pytest.mark.parametrize("path", ["/api/none/", "/api/v1/none", "/api"])
def test_a_missing_route_is_a_problem_for_every_method(hosts, method, path):
    assert problem(getattr(hosts[0], method)(path), 404) == "/problems/not_found"


def test_the_platform_has_the_same_kernel(db, client_for):
    client = client_for("platform", raise_request_exception=False)
    assert problem(client.get("/api/none/"), 404) == "/problems/not_found"
    assert problem(client.delete(ECHO), 405) == "/problems/method_not_allowed"


def test_a_failure_is_a_problem_without_its_text(hosts):
    EchoView.outcome = ValueError("secret")
    response = hosts[0].get(ECHO)
    assert problem(response, 500) == "/problems/server_error"
    assert b"secret" not in response.content


def test_a_failure_before_the_view_is_a_problem_too(hosts, monkeypatch):
    def fail(self, request):
        raise ValueError("secret")

    monkeypatch.setattr("django.contrib.sessions.middleware.SessionMiddleware.process_request", fail)
    response = hosts[0].get(ECHO)
    assert problem(response, 500) == "/problems/server_error"
    assert b"secret" not in response.content


def test_a_large_body_is_too_large(hosts, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 10
    response = hosts[0].post(ECHO, b"x" * 50, content_type="application/json")
    assert problem(response, 413) == "/problems/too_large"


def test_an_answer_sets_no_cookie_and_names_one_organisation(hosts):
    here, there = hosts
    for client, name, other in ((here, "North", "South"), (there, "South", "North")):
        for path in ("/api/v1/", "/api/schema/", "/api/docs/", "/api/docs/brand.css", "/api/docs/start.js", ECHO):
            response = client.get(path)
            assert response.status_code == 200
            assert not response.cookies
            assert other not in response.content.decode()
            if path in ("/api/v1/", "/api/schema/", "/api/docs/"):
                assert name in response.content.decode()
