import json

import pytest
from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.http import HttpResponse

from core.errors import Conflict, LiveryError, PermissionRefused, Unavailable, Unprocessable
from core.tenancy import TenantState
from core.tenancy.errors import TenantGone
from core.web import errors

HANDLERS = [
    (errors.bad_request, 400),
    (errors.permission_denied, 403),
    (errors.csrf_failure, 403),
    (errors.not_found, 404),
    (errors.too_large, 413),
    (errors.too_many_requests, 429),
    (errors.server_error, 500),
    (errors.unavailable, 503),
]


def request_to(rf, path="/page/", tenant=None, **headers):
    request = rf.get(path, headers=headers)
    request.tenant, request.request_id = tenant, "request-1234"
    return request


@pytest.mark.parametrize(("handler", "status"), HANDLERS)
def test_a_person_gets_a_page_with_the_tenants_name_and_the_reference(rf, ref, settings, handler, status):
    settings.PLATFORM_NAME = "The Platform"
    response = handler(request_to(rf, tenant=ref()))
    page = response.content.decode()
    assert response.status_code == status
    assert response["Content-Type"].startswith("text/html")
    assert "Riverbank Trust" in page
    assert "request-1234" in page
    assert "The Platform" not in page


@pytest.mark.parametrize(("handler", "status"), HANDLERS)
def test_rest_gets_a_problem(rf, handler, status):
    response = handler(request_to(rf, "/api/v1/things/"))
    problem = json.loads(response.content)
    assert (response.status_code, response["Content-Type"]) == (status, "application/problem+json")
    assert (problem["status"], problem["request_id"]) == (status, "request-1234")
    assert problem["title"]


@pytest.mark.parametrize(("handler", "status"), HANDLERS)
def test_htmx_gets_a_toast_and_swaps_nothing(rf, handler, status):
    response = handler(request_to(rf, **{"HX-Request": "true"}))
    [toast] = json.loads(response["HX-Trigger"])["toast"]["messages"]
    assert (response.status_code, response["HX-Reswap"], toast["level"]) == (status, "none", "error")
    assert toast["title"]
    assert ("request-1234" in toast["message"]) is (status >= 500)


def test_an_error_before_the_host_was_looked_up_names_nobody(rf, settings):
    settings.PLATFORM_NAME = "The Platform"
    request = rf.get("/")
    response = errors.server_error(request)
    assert response.status_code == 500
    assert b"The Platform" not in response.content


@pytest.mark.parametrize(
    ("exception", "status"), [(RequestDataTooBig(), 413), (SuspiciousOperation(), 400), (None, 400)]
)
def test_a_body_that_is_too_large_is_a_413(rf, exception, status):
    assert errors.bad_request(request_to(rf), exception).status_code == status


def test_waiting_times_are_told(rf):
    assert errors.too_many_requests(request_to(rf))["Retry-After"] == "60"
    assert errors.unavailable(request_to(rf, "/api/v1/"))["Retry-After"] == "30"
    assert "Retry-After" not in errors.server_error(request_to(rf))


def test_an_unknown_host_gets_the_same_bytes_and_no_name(settings):
    settings.PLATFORM_NAME = "The Platform"
    first, second = errors.unknown_host_response(), errors.unknown_host_response()
    assert first.status_code == 404
    assert first.content == second.content
    assert b"The Platform" not in first.content
    assert b"Livery" not in first.content


STATES = [
    (TenantState.REQUESTED, 503, "tenant_opening"),
    (TenantState.PROVISIONING, 503, "tenant_opening"),
    (TenantState.READY, 503, "tenant_opening"),
    (TenantState.READ_ONLY, 403, "read_only"),
    (TenantState.SUSPENDED, 403, "tenant_suspended"),
    (TenantState.ARCHIVED, 410, "tenant_archived"),
    (TenantState.DELETING, 410, "tenant_closed"),
    (TenantState.MOVING, 503, "tenant_moving"),
    (TenantState.RESTORING, 503, "tenant_moving"),
]


@pytest.mark.parametrize(("state", "status", "code"), STATES)
def test_each_state_has_its_page(rf, ref, settings, state, status, code):
    settings.PLATFORM_NAME = "The Platform"
    response = errors.tenant_state_response(ref(state), rf.get("/"))
    page = response.content.decode()
    assert response.status_code == status
    assert "Riverbank Trust" in page
    assert "The Platform" not in page
    assert ("Retry-After" in response) is (status == 503)


@pytest.mark.parametrize(("state", "status", "code"), STATES)
def test_each_state_has_its_problem(rf, ref, state, status, code):
    response = errors.tenant_state_response(ref(state), rf.get("/api/v1/"))
    problem = json.loads(response.content)
    assert (problem["status"], problem["type"]) == (status, f"/problems/{code}")
    assert ("Retry-After" in response) is (status == 503)


def test_a_purged_tenant_never_was(rf, ref):
    response = errors.tenant_state_response(ref(TenantState.PURGED), rf.get("/"))
    assert (response.status_code, response.content) == (404, errors.unknown_host_response().content)


@pytest.mark.parametrize("state", [TenantState.ACTIVE, TenantState.READ_ONLY])
def test_a_tenant_behind_the_code_comes_back_soon(rf, ref, state):
    response = errors.tenant_state_response(ref(state), rf.get("/api/v1/"), behind=True)
    assert (response.status_code, response["Retry-After"]) == (503, "30")
    assert json.loads(response.content)["type"] == "/problems/tenant_updating"


@pytest.mark.parametrize("error_class", [LiveryError, PermissionRefused, Conflict, Unprocessable, Unavailable])
def test_a_services_refusal_is_answered_in_its_own_words(rf, error_class):
    middleware = errors.RefusalMiddleware(lambda request: HttpResponse())
    error = error_class("Only an <accountant> may.", errors=[{"field": "date", "code": "closed", "message": "Closed."}])
    page = middleware.process_exception(request_to(rf), error)
    problem = middleware.process_exception(request_to(rf, "/api/v1/"), error)
    assert page.status_code == problem.status_code == error_class.status
    assert "Only an &lt;accountant&gt; may." in page.content.decode()
    assert "Closed." in page.content.decode()
    assert json.loads(problem.content)["detail"] == "Only an <accountant> may."
    assert json.loads(problem.content)["errors"][0]["field"] == "date"
    assert ("Retry-After" in page) is (error_class is Unavailable)


def test_a_refused_object_and_a_missing_page_look_alike(rf):
    middleware = errors.RefusalMiddleware(lambda request: HttpResponse())
    refused = middleware.process_exception(request_to(rf), TenantGone("Invoice 7 belongs to somebody else."))
    assert (refused.status_code, refused.content) == (404, errors.not_found(request_to(rf)).content)


def test_other_exceptions_are_left_to_the_server_error(rf):
    middleware = errors.RefusalMiddleware(lambda request: HttpResponse("fine"))
    assert middleware.process_exception(request_to(rf), ValueError("secret")) is None
    assert middleware(request_to(rf)).content == b"fine"
