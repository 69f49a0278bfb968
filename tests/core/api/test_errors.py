import json

import pytest
from django.core.exceptions import BadRequest, DisallowedHost, PermissionDenied, RequestDataTooBig
from django.core.exceptions import ValidationError as ModelInvalid
from django.core.signals import got_request_exception
from django.db import DatabaseError, IntegrityError, InterfaceError, OperationalError
from django.http import Http404, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from redis.exceptions import ConnectionError as RedisUnreachable
from rest_framework import exceptions as drf
from structlog.testing import capture_logs

from core import errors
from core.api.errors import BROKEN, flatten, problem_of
from core.api.problems import MAX_ERRORS
from core.tenancy import TenantState, platform_context, tenant_context
from tests.core.api.shelf import EchoView

URL = "/api/v1/echo/"
SHAPE = ["type", "title", "status", "detail", "errors", "request_id"]


class ServerError(Exception):
    def __init__(self, pgcode):
        self.pgcode = pgcode


def database(error_class, state):
    error = error_class("could not obtain lock on relation secret_table")
    error.__cause__ = ServerError(state) if state else None
    return error


class Teapot(errors.LiveryError):
    status, code, title, message = 418, "teapot", "I am a teapot", "Ask for tea."


class OwnDrfError(drf.APIException):
    status_code, default_detail, default_code = 402, "Pay first.", "payment_required"


CASES = [
    (Teapot(), 418, "teapot", "Ask for tea."),
    (errors.Conflict("Somebody was faster."), 409, "conflict", "Somebody was faster."),
    (errors.Unavailable(), 503, "unavailable", "Not available at the moment"),
    (errors.NotFound("There is no invoice 17."), 404, "not_found", errors.NotFound.message),
    (Http404("No Book matches the given query."), 404, "not_found", errors.NotFound.message),
    (drf.NotFound("gone"), 404, "not_found", errors.NotFound.message),
    (PermissionDenied("Not you."), 403, "permission_refused", "Not you."),
    (PermissionDenied(), 403, "permission_refused", errors.PermissionRefused.title),
    (drf.PermissionDenied(), 403, "permission_refused", "You do not have permission to perform this action."),
    (drf.NotAuthenticated(), 401, "not_authenticated", "Authentication credentials were not provided."),
    (drf.AuthenticationFailed("No."), 401, "authentication_failed", "No."),
    (drf.MethodNotAllowed("PUT"), 405, "method_not_allowed", 'Method "PUT" not allowed.'),
    (drf.NotAcceptable(), 406, "not_acceptable", "Could not satisfy the request Accept header."),
    (drf.UnsupportedMediaType("a/b"), 415, "unsupported_media_type", 'Unsupported media type "a/b" in request.'),
    (drf.Throttled(6.1), 429, "rate_limited", "Request was throttled. Expected available in 7 seconds."),
    (drf.Throttled(), 429, "rate_limited", "Request was throttled."),
    (drf.ParseError(), 400, "malformed", "Malformed request."),
    (OwnDrfError(), 402, "payment_required", "Pay first."),
    (drf.ValidationError({"a": ["b"]}), 400, "validation_failed", "Correct what `errors` names and send it again."),
    (ModelInvalid("no"), 400, "validation_failed", "Correct what `errors` names and send it again."),
    (BadRequest("secret"), 400, "bad_request", ""),
    (DisallowedHost("secret.example"), 400, "bad_request", ""),
    (MultiPartParserError("secret"), 400, "bad_request", ""),
    (UnreadablePostError("secret"), 400, "bad_request", ""),
    (RequestDataTooBig("secret"), 413, "too_large", "Send less at a time."),
    *[(database(OperationalError, state), 503, "unavailable", None) for state in ("40001", "40P01", "55P03", "57014")],
    *[(database(OperationalError, state), 503, "unavailable", None) for state in ("08006", "57P01", "53300", None)],
    (InterfaceError("connection already closed"), 503, "unavailable", None),
    (RedisUnreachable("secret"), 503, "unavailable", None),
    (database(IntegrityError, "23505"), 500, "server_error", "Quote the request id when you report this."),
    (database(DatabaseError, None), 500, "server_error", "Quote the request id when you report this."),
    (database(OperationalError, "42501"), 500, "server_error", "Quote the request id when you report this."),
    (ValueError("secret"), 500, "server_error", "Quote the request id when you report this."),
]


@pytest.mark.parametrize(("error", "status", "code", "detail"), CASES)
def test_every_error_is_a_problem(api, error, status, code, detail):
    EchoView.outcome = error
    response = api.get(URL, headers={"X-Request-ID": "request-1234"})
    problem = json.loads(response.content)
    assert (response.status_code, response["Content-Type"]) == (status, "application/problem+json")
    assert list(problem) == SHAPE
    assert (problem["type"], problem["status"]) == (f"/problems/{code}", status)
    assert problem["title"]
    assert detail is None or problem["detail"] == detail
    assert (problem["request_id"], response["X-Request-ID"]) == ("request-1234", "request-1234")
    assert response["Cache-Control"] == "no-store, private"
    assert "secret" not in response.content.decode()


@pytest.mark.parametrize(
    ("error", "seconds"),
    [
        (drf.Throttled(6.1), "7"),
        (database(OperationalError, "55P03"), "1"),
        (database(OperationalError, None), "5"),
        (errors.Unavailable(), "5"),
    ],
)
def test_who_must_wait_is_told_how_long(api, error, seconds):
    EchoView.outcome = error
    assert api.get(URL)["Retry-After"] == seconds


def test_an_error_without_a_name_is_logged_and_signalled(api):
    EchoView.outcome = ValueError("secret")
    heard = []
    got_request_exception.connect(lambda sender, request, **kwargs: heard.append((sender, request.path)), weak=False)
    try:
        with capture_logs() as logs:
            api.get(URL)
    finally:
        got_request_exception.receivers.clear()
    assert heard == [(EchoView, URL)]
    [line] = [each for each in logs if each["event"] == "unhandled_error"]
    assert (line["log_level"], line["exc_info"]) == ("error", EchoView.outcome)


def test_a_refusal_is_neither_logged_nor_signalled_as_a_failure(api):
    EchoView.outcome = errors.Conflict()
    with capture_logs() as logs:
        api.get(URL)
    assert [each for each in logs if each["log_level"] in ("warning", "error")] == []


def test_an_answer_that_cannot_be_rendered_is_a_problem_too(api):
    from rest_framework.response import Response

    EchoView.outcome = staticmethod(lambda: Response({"a": object()}))
    response = api.get(URL)
    assert (response.status_code, response.json()["type"]) == (500, "/problems/server_error")


def test_an_unauthenticated_caller_is_challenged(api):
    response = api.put(URL, {}, content_type="application/json")
    assert (response.status_code, response["WWW-Authenticate"]) == (401, 'Bearer realm="api"')
    response = api.get(URL, headers={"X-Actor": "wrong"})
    assert (response.status_code, response["WWW-Authenticate"]) == (401, 'Bearer realm="api"')


def test_a_foreign_and_a_missing_object_and_a_missing_route_are_one_answer(api):
    bodies = set()
    for error in (errors.NotFound("There is no invoice 17."), Http404("No Book matches"), drf.NotFound()):
        EchoView.outcome = error
        bodies.add(api.get(URL, headers={"X-Request-ID": "request-1234"}).content)
    for path in ("/api/v1/none/", "/api", "/api/", "/api/v1/echo", "/api/v2/echo/"):
        for method in ("get", "post", "put", "delete", "options", "patch", "head"):
            response = getattr(api, method)(path, headers={"X-Request-ID": "request-1234"})
            assert (response.status_code, response["Content-Type"]) == (404, "application/problem+json")
            if method != "head":
                bodies.add(response.content)
    assert len(bodies) == 1


def test_a_missing_route_is_a_problem_while_developing_too(api, settings):
    settings.DEBUG = True
    assert api.get("/api/none/")["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize(("method", "path"), [("DELETE", URL), ("OPTIONS", URL), ("TRACE", URL), ("BREW", URL)])
def test_a_method_that_is_not_there_is_405(api, method, path):
    response = api.generic(method, path)
    assert (response.status_code, response.json()["type"]) == (405, "/problems/method_not_allowed")
    assert response["Allow"] == "GET, HEAD, POST, PUT"


def test_an_unacceptable_media_type_is_406(api):
    response = api.get(URL, headers={"Accept": "text/html"})
    assert (response.status_code, response["Content-Type"]) == (406, "application/problem+json")


def test_a_browsable_page_is_never_sent(api):
    response = api.get(URL, headers={"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"})
    assert response["Content-Type"] == "application/json"
    assert api.get(f"{URL}?format=api").status_code == 400


def test_a_lock_in_a_read_only_organisation_says_so(ref):
    error = database(OperationalError, "42501")
    with tenant_context(ref(TenantState.READ_ONLY)):
        assert problem_of(error).code == "read_only"
    with tenant_context(ref(TenantState.ACTIVE)):
        assert problem_of(error) is BROKEN
    with platform_context():
        assert problem_of(error) is BROKEN
    assert problem_of(error) is BROKEN


def detail(message, code="invalid"):
    return drf.ErrorDetail(message, code)


@pytest.mark.parametrize(
    ("nested", "flat"),
    [
        ([detail("a"), detail("b")], [("", "a"), ("", "b")]),
        ({"name": [detail("a")]}, [("name", "a")]),
        ({"non_field_errors": [detail("a")]}, [("", "a")]),
        ({"lines": [{}, {"amount": [detail("a")]}]}, [("lines.1.amount", "a")]),
        ({"lines": {"non_field_errors": [detail("a")]}}, [("lines", "a")]),
        ({"tags": {2: [detail("a")]}}, [("tags.2", "a")]),
        ({"a": {"b": {"c": detail("d")}}}, [("a.b.c", "d")]),
        (detail("a"), [("", "a")]),
    ],
)
def test_nested_errors_are_flattened_to_dotted_names(nested, flat):
    assert [(each["field"], each["message"]) for each in flatten(nested)] == flat


def test_a_models_errors_keep_their_fields_and_codes():
    by_field = ModelInvalid({"name": ModelInvalid("Too long by %(n)s.", "long", {"n": 3}), "__all__": ["Odd."]})
    assert problem_of(by_field).errors == (
        {"field": "name", "code": "long", "message": "Too long by 3."},
        {"field": "", "code": "invalid", "message": "Odd."},
    )
    plain = ModelInvalid(["One.", ModelInvalid("Two.", "two")])
    assert [(each["field"], each["code"]) for each in problem_of(plain).errors] == [("", "invalid"), ("", "two")]


def test_an_answer_does_not_grow_with_the_mistakes(api):
    EchoView.outcome = drf.ValidationError({f"field{index}": ["wrong"] for index in range(5000)})
    assert len(api.get(URL).json()["errors"]) == MAX_ERRORS


def test_errors_of_services_keep_their_fields(api):
    EchoView.outcome = errors.Unprocessable("No.", errors=[{"field": "lines.0", "code": "odd", "message": "Odd."}])
    response = api.get(URL)
    assert response.status_code == 422
    assert response.json()["errors"] == [{"field": "lines.0", "code": "odd", "message": "Odd."}]


def test_a_request_without_an_id_gets_one(api, settings):
    settings.MIDDLEWARE = []
    EchoView.outcome = errors.Conflict()
    response = api.get(URL)
    assert response["X-Request-ID"] == response.json()["request_id"] != ""
    assert api.get("/api/none/")["X-Request-ID"]
