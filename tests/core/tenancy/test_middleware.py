import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import RequestFactory

from core.tenancy import TenantRef, TenantState, current_scope, directory, platform_context, tenant_context
from core.tenancy.errors import TenancyError
from core.tenancy.lifecycle import SERVING
from core.tenancy.middleware import TenantMiddleware
from shared_apps.tenants.models import Tenant
from tests.support import probe_urls
from tests.support.markers import marker_of, put_marker


@pytest.fixture(autouse=True)
def _probe_site(settings: Any, tenant: TenantRef, other_tenant: TenantRef) -> None:
    settings.TENANT_URLCONF = settings.PLATFORM_URLCONF = "tests.support.probe_urls"
    for ref in (tenant, other_tenant):
        with tenant_context(ref):
            put_marker(ref.slug)
    with platform_context():
        put_marker("platform")


def put_state(tenant: TenantRef, **values: Any) -> None:
    with platform_context():
        Tenant.objects.filter(pk=tenant.uuid).update(**values)
    directory().forget()


@pytest.mark.parametrize(
    "spell",
    [
        "{host}",
        "{host}:8000",
        "{HOST}",
        "{host}.",
        "www.{host}",
        "WWW.{HOST}.:443",
    ],
)
def test_a_host_leads_to_its_tenant_however_it_is_spelt(spell: str, client: Any, tenant: TenantRef):
    host = spell.format(host=tenant.primary_host, HOST=tenant.primary_host.upper())
    assert client.get("/look/", headers={"host": host}).json() == {
        "key": f"t:{tenant.uuid}:{tenant.epoch}",
        "slug": "north",
        "role": tenant.role,
        "schema": tenant.schema,
        "marker": ["north"],
    }


def test_the_platform_answers_on_its_own_host(client_for: Any):
    found = client_for("platform").get("/look/").json()
    assert (found["key"], found["schema"], found["marker"]) == ("platform", "public", ["platform"])


UNKNOWN = [
    "nobody.localhost",
    "north.localhost.evil.example",
    "evil.example",
    "127.0.0.1",
    "[::1]",
    "[::1]north.localhost",
    "north.localhost@evil.example",
    "north.localhost/evil",
    "north.localhost:evil",
    "north.localhost:80:80",
    "north.localhost,south.localhost",
    "north_.localhost",
    "-north.localhost",
    "..",
    "a" * 300,
    "\u0440north.localhost",
    "north.localhost\x00",
    "template.localhost",
    "livery_template.localhost",
]


@pytest.mark.parametrize("host", UNKNOWN)
def test_every_unknown_host_gets_the_same_page_that_names_nobody(host: str, client: Any):
    found = client.get("/look/", headers={"host": host})
    reference = client.get("/look/", headers={"host": "nobody.localhost"})
    assert (found.status_code, found.content) == (404, reference.content)
    assert b"North" not in found.content
    assert b"south" not in found.content


def test_no_other_header_chooses_a_tenant(client: Any, tenant: TenantRef, other_tenant: TenantRef):
    for header in ("x-forwarded-host", "x-host", "forwarded", "x-forwarded-server", "x-original-host", "x-tenant"):
        value = other_tenant.primary_host if header != "forwarded" else f"host={other_tenant.primary_host}"
        found = client.get("/look/", headers={"host": tenant.primary_host, header: value})
        assert found.json()["slug"] == "north"
        assert client.get("/look/", headers={"host": "nobody.localhost", header: value}).status_code == 404


def test_a_request_without_a_host_is_answered_by_the_servers_name(rf: RequestFactory):
    request = rf.get("/look/", SERVER_NAME="nobody.localhost")
    assert "HTTP_HOST" not in request.META
    assert TenantMiddleware(lambda request: pytest.fail("served"))(request).status_code == 404


@pytest.mark.parametrize("state", [state for state in TenantState if state not in SERVING])
def test_a_tenant_that_does_not_serve_says_so_on_every_page(state: TenantState, client_for: Any, tenant: TenantRef):
    put_state(tenant, state=state)
    page, problem = (
        client_for(tenant).get("/look/", headers={"accept": accept}) for accept in ("text/html", "application/json")
    )
    assert page.status_code == problem.status_code in (403, 404, 410, 503)
    assert b"marker" not in page.content + problem.content
    if state != TenantState.PURGED:
        assert problem.headers["Content-Type"] == "application/problem+json"
        assert json.loads(problem.content)["status"] == problem.status_code


@pytest.mark.parametrize("state", sorted(SERVING))
def test_a_tenant_that_serves_is_served(state: TenantState, client_for: Any, tenant: TenantRef):
    put_state(tenant, state=state)
    found = client_for(tenant).get("/look/").json()
    assert found["role"] == (tenant.read_only_role if state == TenantState.READ_ONLY else tenant.role)


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_a_read_only_tenant_refuses_writes_before_they_begin(method: str, client_for: Any, tenant: TenantRef):
    put_state(tenant, state=TenantState.READ_ONLY)
    refused = getattr(client_for(tenant), method)("/write/")
    assert refused.status_code == 403
    assert marker_of(tenant) == ["north"]
    assert client_for(tenant).options("/look/").status_code == 200


def test_signing_in_goes_on_while_read_only(client_for: Any, tenant: TenantRef):
    put_state(tenant, state=TenantState.READ_ONLY)
    assert client_for(tenant).post("/sign-in/").json() == {"changed": 1}


def test_a_page_that_writes_while_it_should_read_is_refused_by_the_role(client_for: Any, tenant: TenantRef):
    put_state(tenant, state=TenantState.READ_ONLY)
    refused = client_for(tenant).get("/write-role/")
    assert refused.status_code == 403
    assert client_for(tenant).get("/refuse/").status_code == 403


def test_an_error_that_is_no_matter_of_rights_stays_an_error(client_for: Any, tenant: TenantRef):
    put_state(tenant, state=TenantState.READ_ONLY)
    client = client_for(tenant, raise_request_exception=False)
    assert client.get("/lose/").status_code == 500
    put_state(tenant, state=TenantState.ACTIVE)
    assert client.get("/write-role/").status_code == 200


@pytest.mark.parametrize("step", [None, "behind"])
def test_a_tenant_whose_tables_lag_behind_waits(step: str | None, client_for: Any, tenant: TenantRef, monkeypatch: Any):
    required = None if step is None else tenant.template_step + 1
    monkeypatch.setattr(type(directory()), "required_step", lambda self: required)
    waiting = client_for(tenant).get("/look/")
    assert waiting.status_code == 503
    assert waiting.headers["Retry-After"]
    assert client_for("platform").get("/look/").status_code == 200


def test_a_stream_is_read_in_the_requests_context_after_it_was_left(
    client_for: Any, tenant: TenantRef, other_tenant: TenantRef
):
    streams = {ref: iter(client_for(ref).get("/stream/").streaming_content) for ref in (tenant, other_tenant)}
    assert current_scope() is None
    for _ in range(3):
        for ref, chunks in streams.items():
            assert next(chunks).decode() == f"{[ref.slug]}\n"
    for chunks in streams.values():
        assert list(chunks) == []


def test_a_stream_that_is_broken_off_clears_up_in_its_context(client_for: Any, tenant: TenantRef):
    probe_urls.cleared_up.clear()
    response = client_for(tenant).get("/stream/")
    next(iter(response.streaming_content))
    response.close()
    assert probe_urls.cleared_up == [["north"]]


@pytest.mark.filterwarnings("ignore:StreamingHttpResponse must consume")
def test_an_asynchronous_stream_is_read_in_the_requests_context(client_for: Any, tenant: TenantRef):
    response = client_for(tenant).get("/stream-async/")
    assert b"".join(response).decode() == "['north']\n" * 3


def test_a_template_that_is_rendered_late_is_of_the_context(client_for: Any, tenant: TenantRef):
    assert client_for(tenant).get("/render-late/").content == b"north"


def test_the_page_for_errors_is_of_the_context(client_for: Any, tenant: TenantRef, other_tenant: TenantRef):
    for ref in (tenant, other_tenant):
        failed = client_for(ref, raise_request_exception=False).get("/fail/")
        assert (failed.status_code, failed.json()["marker"]) == (500, [ref.slug])
        assert current_scope() is None


def test_an_error_in_the_database_leaves_nothing_behind(client_for: Any, tenant: TenantRef, other_tenant: TenantRef):
    client = client_for(tenant, raise_request_exception=False)
    assert client.get("/fail-in-the-database/").json()["marker"] == ["north"]
    assert client_for(other_tenant).get("/look/").json()["marker"] == ["south"]


def test_a_thread_of_a_view_is_refused(client_for: Any, tenant: TenantRef):
    assert client_for(tenant).get("/ask-in-a-thread/").json() == {"found": ["NoContext"]}


def test_a_request_that_begins_in_a_context_is_refused(rf: RequestFactory, tenant: TenantRef):
    with tenant_context(tenant), pytest.raises(TenancyError, match="still had a context"):
        TenantMiddleware(lambda request: pytest.fail("served"))(rf.get("/look/"))


@pytest.fixture(autouse=True)
def _no_scope_is_left() -> Iterator[None]:
    yield
    assert current_scope() is None
