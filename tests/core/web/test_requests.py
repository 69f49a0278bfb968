import pytest
import structlog

from core.actor import Actor
from core.web import actor_of, client_address, set_actor
from core.web.requests import is_local, wants_problem


@pytest.mark.parametrize(
    ("proxies", "forwarded", "expected"),
    [
        (0, "", "198.51.100.9"),
        (0, "203.0.113.1", "198.51.100.9"),
        (1, "203.0.113.1", "203.0.113.1"),
        (1, "10.0.0.1, 203.0.113.1", "203.0.113.1"),
        (2, "6.6.6.6, 203.0.113.1, 10.0.0.2", "203.0.113.1"),
        (2, "203.0.113.1", "203.0.113.1"),
        (1, "", "198.51.100.9"),
        (1, "not an address", None),
        (1, "2001:DB8::1", "2001:db8::1"),
    ],
)
def test_the_address_is_the_one_that_the_outermost_trusted_proxy_saw(rf, settings, proxies, forwarded, expected):
    settings.TRUSTED_PROXY_COUNT = proxies
    headers = {"X-Forwarded-For": forwarded} if forwarded else {}
    assert client_address(rf.get("/", headers=headers, REMOTE_ADDR="198.51.100.9")) == expected


def test_a_unix_socket_has_no_address(rf):
    assert client_address(rf.get("/", REMOTE_ADDR="")) is None


@pytest.mark.parametrize(
    ("address", "headers", "expected"),
    [
        ("127.0.0.1", {}, True),
        ("::1", {}, True),
        ("10.0.0.1", {}, False),
        ("", {}, False),
        ("127.0.0.1", {"X-Forwarded-For": "203.0.113.1"}, False),
        ("127.0.0.1", {"Forwarded": "for=203.0.113.1"}, False),
        ("127.0.0.1", {"Via": "1.1 proxy"}, False),
        ("127.0.0.1", {"X-Real-IP": "203.0.113.1"}, False),
    ],
)
def test_only_a_process_of_this_machine_without_a_proxy_is_local(rf, address, headers, expected):
    assert is_local(rf.get("/", headers=headers, REMOTE_ADDR=address)) is expected


def test_without_authentication_the_actor_is_anonymous_with_an_address(rf):
    request = rf.get("/", REMOTE_ADDR="198.51.100.9")
    request.request_id = "request-1234"
    actor = actor_of(request)
    assert (actor.kind, actor.address, actor.request_id) == ("anonymous", "198.51.100.9", "request-1234")
    assert actor.permissions == frozenset()


def test_the_actor_that_authentication_found_acts_and_is_logged(rf):
    request, actor = rf.get("/"), Actor(kind="user", id="u1", label="Ana")
    set_actor(request, actor)
    assert actor_of(request) is actor
    assert structlog.contextvars.get_contextvars() == {"actor": "user", "actor_id": "u1"}
    structlog.contextvars.clear_contextvars()


@pytest.mark.parametrize(
    ("path", "accept", "expected"),
    [
        ("/api/v1/things/", "text/html", True),
        ("/apiary/", "text/html", False),
        ("/", "text/html,application/xhtml+xml,*/*;q=0.8", False),
        ("/", "*/*", False),
        ("/", "application/json", True),
        ("/", "application/problem+json, text/html;q=0.5", True),
        ("/", "image/png", False),
    ],
)
def test_rest_and_json_clients_want_problems(rf, path, accept, expected):
    assert wants_problem(rf.get(path, headers={"Accept": accept})) is expected
