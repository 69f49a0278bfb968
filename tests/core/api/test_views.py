import pytest
from rest_framework.response import Response

from core.api.authentication import ActorAuthentication, Credential
from core.api.viewsets import CreateMixin, DeleteMixin, RoomViewSet, UpdateMixin
from tests.core.api.shelf import BookViewSet, EchoView, NameAuthentication

URL = "/api/v1/echo/"
BOOKS = "/api/v1/shelf/books/"
UUID = "0198c2d0-7c4a-7d3e-9f0b-2f6f5d1c8a01"
READER = {"X-Actor": "user:ada:shelf.view"}


def test_an_answer_is_private_and_carries_the_request_id(api):
    response = api.get(URL, headers={"X-Request-ID": "request-1234"})
    assert response["Cache-Control"] == "no-store, private"
    assert response["X-Request-ID"] == "request-1234"


def test_the_actor_is_the_credentials_and_not_the_sessions(api, monkeypatch):
    assert api.get(URL, headers={"X-Actor": "api_key:7:shelf.view"}).json()["actor"] == "api_key"
    assert api.get(URL).json()["actor"] == "anonymous"


def test_who_sent_nothing_is_anonymous_whoever_the_browser_is(api, rf):
    from core.actor import Actor
    from core.web.requests import actor_of, set_actor

    request = rf.get(URL)
    set_actor(request, Actor(kind="user", id="eve", label="Eve"))
    view = EchoView()
    wrapped = view.initialize_request(request)
    assert wrapped.actor.kind == "anonymous"
    assert (wrapped.actor.address, wrapped.actor.request_id) == ("127.0.0.1", request.request_id)
    assert actor_of(request).kind == "anonymous"


def test_a_credential_makes_the_actor_of_the_whole_request(rf):
    from core.web.requests import actor_of

    request = rf.get(URL, headers=READER)
    wrapped = EchoView().initialize_request(request)
    assert wrapped.actor.id == "ada"
    assert isinstance(wrapped.auth, Credential) and wrapped.auth.kind == "token"
    assert actor_of(request) is wrapped.actor


def test_an_authentication_class_must_say_whose_the_credential_is(rf):
    with pytest.raises(NotImplementedError):
        ActorAuthentication().identify(rf.get("/"))
    assert NameAuthentication().authenticate_header(None) == 'Bearer realm="api"'


@pytest.mark.parametrize(
    ("method", "path", "headers", "status", "code"),
    [
        ("get", BOOKS, {}, 401, "not_authenticated"),
        ("get", BOOKS, {"X-Actor": "user:ada:"}, 403, "permission_refused"),
        ("get", BOOKS, {"X-Actor": "wrong"}, 401, "authentication_failed"),
        ("post", BOOKS, READER, 403, "permission_refused"),
        ("post", f"{BOOKS}{UUID}/lend/", {}, 401, "not_authenticated"),
        ("post", f"{BOOKS}{UUID}/forgotten/", READER, 403, "permission_refused"),
        ("post", f"{BOOKS}{UUID}/forgotten/", {"X-Actor": "system:system:"}, 403, "permission_refused"),
        ("post", f"{BOOKS}{UUID}/forgotten/", {}, 401, "not_authenticated"),
        ("put", BOOKS, READER, 405, "method_not_allowed"),
        ("post", f"{BOOKS}{UUID}/", READER, 405, "method_not_allowed"),
        ("options", BOOKS, READER, 405, "method_not_allowed"),
    ],
)
def test_every_action_is_refused_unless_it_is_granted(api, method, path, headers, status, code):
    response = getattr(api, method)(path, headers=headers)
    assert (response.status_code, response.json()["type"]) == (status, f"/problems/{code}")


def test_a_refusal_says_why(api):
    response = api.post(BOOKS, headers=READER)
    assert response.json()["detail"] == "Your role does not allow you to add books. Ask an administrator."


def test_an_action_that_no_room_registered_is_an_error_and_no_grant(api, monkeypatch):
    monkeypatch.setattr(BookViewSet, "permission_actions", {"list": "shelf.misspelt"})
    assert api.get(BOOKS, headers=READER).status_code == 500


@pytest.mark.parametrize(
    ("query", "code"), [("?shade=1", "unknown_parameter"), ("?colour=a&colour=b", "repeated_parameter")]
)
def test_a_parameter_that_would_be_ignored_is_refused(api, query, code):
    response = api.get(f"{URL}{query}")
    assert response.status_code == 400
    assert [each["code"] for each in response.json()["errors"]] == [code]
    assert EchoView.calls == []


def test_a_parameter_of_the_view_is_taken(api):
    assert api.get(f"{URL}?colour=red").json()["sent"] == "red"


def test_head_is_get_without_a_body(api):
    response = api.head(URL)
    assert (response.status_code, response.content) == (200, b"")


def test_a_viewset_must_get_its_rows_from_a_selector(api, monkeypatch):
    monkeypatch.delattr(BookViewSet, "get_queryset")
    assert api.get(BOOKS, headers=READER).status_code == 500


@pytest.mark.parametrize(
    ("mixin", "call"),
    [
        (CreateMixin, lambda view: view.perform_create({})),
        (UpdateMixin, lambda view: view.perform_update(None, {})),
        (DeleteMixin, lambda view: view.perform_delete(None)),
    ],
)
def test_a_writing_viewset_must_call_a_service(mixin, call):
    class Writing(mixin, RoomViewSet):
        pass

    with pytest.raises(NotImplementedError):
        call(Writing())


def test_a_plain_http_response_is_answered_as_it_is(api):
    from django.http import HttpResponse

    EchoView.outcome = staticmethod(lambda: HttpResponse("plain", content_type="text/plain"))
    response = api.get(URL)
    assert (response.content, response["Content-Type"]) == (b"plain", "text/plain")
    assert response["Cache-Control"] == "no-store, private"


def test_an_answer_without_a_body_has_no_type(api):
    EchoView.outcome = staticmethod(lambda: Response(status=204))
    response = api.post(URL, {}, content_type="application/json")
    assert (response.status_code, response.content) == (204, b"")
