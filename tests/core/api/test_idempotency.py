import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import Context

import pytest
from django.db import DatabaseError, connections
from django.http import HttpResponse
from django.test import Client
from rest_framework.response import Response
from structlog.testing import capture_logs

from core.api.idempotency import (
    Claim,
    IdempotencyKey,
    KeyReused,
    KeyRunning,
    StoredAnswer,
    answer_once,
    idempotency_store,
)
from core.errors import Conflict
from core.tenancy import atomic, in_transaction, platform_context, tenant_context
from tests.core.api import shelf
from tests.core.api.shelf import Book, EchoView

BOOKS = "/api/v1/shelf/books/"
ECHO = "/api/v1/echo/"
LIBRARIAN = {"X-Actor": "user:grace:shelf.view,shelf.add"}
EMMA = {"title": "Emma", "cost": {"amount": "12.50", "currency": "EUR"}}


@pytest.fixture
def send(committed, shelves, settings):
    """Send a write to the first twin, with a key unless it is None."""
    settings.MIDDLEWARE = ["core.web.request_id.RequestIdMiddleware"]

    def in_context(scope, path, data, key, headers):
        headers = headers if key is None else {**headers, "Idempotency-Key": key}
        with scope:
            client = Client(raise_request_exception=False)
            return client.post(path, data, content_type="application/json", headers=headers)

    def post(path=BOOKS, data=EMMA, key="key-1", tenant=committed.first, **headers):
        scope = platform_context() if tenant is None else tenant_context(tenant)
        return Context().run(in_context, scope, path, data, key, {**LIBRARIAN, **headers})

    return post


def count(tenant) -> int:
    with tenant_context(tenant):
        return Book.objects.count()


def test_a_retry_gets_the_same_answer_and_the_work_is_done_once(send, committed):
    first = send()
    again = send()
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.content == first.content
    for name in ("Content-Type", "Location"):
        assert again[name] == first[name]
    assert "Idempotent-Replayed" not in first
    assert again["Idempotent-Replayed"] == "true"
    assert again["X-Request-ID"] != first["X-Request-ID"]
    assert again["Cache-Control"] == "no-store, private"
    assert "RateLimit-Remaining" in again
    assert count(committed.first) == 1
    assert shelf.announced == ["Emma"]


def test_another_request_with_the_key_is_refused(send, committed):
    send()
    response = send(data={**EMMA, "title": "Persuasion"})
    assert (response.status_code, response.json()["type"]) == (422, "/problems/idempotency_key_reused")
    assert send(data=json.dumps(EMMA, indent=1)).status_code == 422
    assert count(committed.first) == 1


def test_the_same_key_on_another_object_of_the_route_is_refused(send, committed):
    with tenant_context(committed.first):
        one, other = Book.objects.create(title="a"), Book.objects.create(title="b")
    assert send(f"{BOOKS}{one.pk}/lend/", {}).status_code == 200
    assert send(f"{BOOKS}{other.pk}/lend/", {}).status_code == 422


def test_a_key_belongs_to_one_actor_route_and_tenant(send, committed):
    assert send().status_code == 201
    assert send(**{"X-Actor": "user:ada:shelf.add"}).status_code == 201
    assert send(**{"X-Actor": "api_key:grace:shelf.add"}).status_code == 201
    assert count(committed.first) == 3
    assert send(tenant=committed.second).status_code == 201
    assert count(committed.second) == 1
    echo = send(ECHO)
    assert echo.status_code == 200 and "Idempotent-Replayed" not in echo
    platform = send(ECHO, tenant=None)
    assert platform.status_code == 200 and "Idempotent-Replayed" not in platform
    assert send(ECHO, tenant=None)["Idempotent-Replayed"] == "true"


def test_anonymous_callers_share_no_keys(send, settings):
    settings.TRUSTED_PROXY_COUNT = 1
    headers = [{"X-Forwarded-For": address} for address in ("203.0.113.1", "203.0.113.2", "203.0.113.1")]
    answers = []
    for each in headers:
        with platform_context():
            answers.append(
                Client().post(
                    ECHO, {"a": 1}, content_type="application/json", headers={**each, "Idempotency-Key": "key-1"}
                )
            )
    assert ["Idempotent-Replayed" in answer for answer in answers] == [False, False, True]


@pytest.mark.parametrize("key", ["", "x" * 256, "schlüssel", "a\x7f", "a\tb"])
def test_a_malformed_key_is_refused(send, committed, key):
    response = send(key=key)
    assert (response.status_code, response.json()["type"]) == (400, "/problems/idempotency_key_malformed")
    assert count(committed.first) == 0


@pytest.mark.parametrize("key", ["x" * 255, "!", "a b", "7f9c24e8-3b12-4fef-91b8-cf4e32a5c1d1", '"quoted"'])
def test_printable_ascii_is_a_key(send, key):
    assert send(key=key).status_code == 201
    assert send(key=key)["Idempotent-Replayed"] == "true"


def test_a_key_can_be_required(send):
    response = send(f"{ECHO}strict/", key=None)
    assert (response.status_code, response.json()["type"]) == (400, "/problems/idempotency_key_missing")
    assert EchoView.calls == []
    assert send(f"{ECHO}strict/").status_code == 200


def test_without_a_key_every_request_does_its_work(send, committed):
    assert [send(key=None).status_code for _ in range(2)] == [201, 201]
    assert count(committed.first) == 2


def test_reads_and_views_that_keep_no_answer_ignore_the_key(send, committed):
    assert [("Idempotent-Replayed" in send("/api/v1/auth/sign-in/", {})) for _ in range(2)] == [False, False]
    with tenant_context(committed.first):
        for _ in range(2):
            response = Client().get(BOOKS, headers={**LIBRARIAN, "Idempotency-Key": "key-1"})
            assert "Idempotent-Replayed" not in response


@pytest.mark.parametrize(
    ("outcome", "status"),
    [
        (Conflict("Not now."), 409),
        (ValueError("broken"), 500),
        (staticmethod(lambda: Response({"no": "way"}, status=400)), 400),
        (staticmethod(lambda: HttpResponse("no", status=503)), 503),
    ],
)
def test_a_refusal_undoes_the_work_and_frees_the_key(send, committed, monkeypatch, outcome, status):
    def write_then(self, data):
        Book.objects.create(title="Half done")
        if isinstance(outcome, Exception):
            raise outcome
        return outcome()

    with monkeypatch.context() as patch:
        patch.setattr(EchoView, "_answer_with", write_then)
        response = send(ECHO)
        assert (response.status_code, "Idempotent-Replayed" in response) == (status, False)
    assert count(committed.first) == 0
    response = send(ECHO)
    assert (response.status_code, "Idempotent-Replayed" in response) == (200, False)


def test_a_body_that_is_refused_before_the_work_leaves_the_key_free(send, committed):
    assert send(data="{").status_code == 400
    assert send().status_code == 201


def test_permission_is_asked_before_an_answer_is_repeated(send):
    assert send().status_code == 201
    assert send(**{"X-Actor": "user:grace:shelf.view"}).status_code == 403
    assert send(**{"X-Actor": "wrong"}).status_code == 401


@pytest.mark.parametrize("lease_seconds", [10, 0])
def test_a_second_request_while_the_first_is_running_must_wait(send, committed, settings, monkeypatch, lease_seconds):
    """Also past its lease: as long as the work holds its record, nobody takes it over."""
    settings.IDEMPOTENCY_LEASE_SECONDS = lease_seconds
    inside, leave = threading.Event(), threading.Event()

    def slow(self, data):
        inside.set()
        assert leave.wait(20)
        Book.objects.create(title="Slow")
        return Response({"slow": True})

    def run():
        try:
            return send(ECHO)
        finally:
            connections.close_all()

    monkeypatch.setattr(EchoView, "_answer_with", slow)
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(run)
        assert inside.wait(20)
        waiting = send(ECHO)
        other = send(ECHO, data={"other": 1})
        leave.set()
        assert first.result().status_code == 200
    assert (waiting.status_code, waiting.json()["type"]) == (409, "/problems/idempotency_key_running")
    assert int(waiting["Retry-After"]) >= 1
    assert other.status_code == 422
    assert send(ECHO)["Idempotent-Replayed"] == "true"
    assert count(committed.first) == 1


def test_of_many_parallel_requests_one_does_the_work(send, committed):
    def run(_):
        try:
            return send()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(run, range(18)))
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert count(committed.first) == 1
    assert len({answer.content for answer in answers if answer.status_code == 201}) == 1


def killed(committed, point: str, key: str = "key-1") -> None:
    command = [sys.executable, "-m", "tests.core.api.killed", str(committed.first.uuid), key, point]
    path = os.pathsep.join(filter(None, sys.path))
    environment = {**os.environ, "PYTHONPATH": path, "IDEMPOTENCY_LEASE_SECONDS": "1"}
    found = subprocess.run(command, env=environment, timeout=60, check=False)
    assert found.returncode == -signal.SIGKILL


def test_a_process_killed_before_the_commit_leaves_nothing_and_the_retry_does_it(send, committed):
    killed(committed, "before_commit")
    assert count(committed.first) == 0
    for _ in range(60):
        response = send()
        if response.status_code != 409:
            break
        threading.Event().wait(0.25)
    assert response.status_code == 201
    assert count(committed.first) == 1


def test_a_process_killed_between_commit_and_answer_has_kept_its_answer(send, committed):
    killed(committed, "after_commit")
    assert count(committed.first) == 1
    response = send()
    assert (response.status_code, response["Idempotent-Replayed"]) == (201, "true")
    with tenant_context(committed.first):
        assert response.json()["id"] == str(Book.objects.get().pk)
    assert count(committed.first) == 1


@pytest.fixture
def claim(committed):
    key = IdempotencyKey(tenant="t", actor="user:1", route="POST x", key="key-1")

    def make(*, fingerprint: str = "f" * 64, lease_seconds: int = 10):
        return idempotency_store().claim(key, fingerprint=fingerprint, lease_seconds=lease_seconds)

    with tenant_context(committed.first):
        yield make


def test_the_store_keeps_its_promises(claim: Callable[..., Claim | StoredAnswer]):
    store, answer = idempotency_store(), StoredAnswer(201, b"\x00body", {"Location": "/x/"})
    first = claim()
    assert isinstance(first, Claim)
    with pytest.raises(KeyRunning) as refusal:
        claim()
    assert 1 <= refusal.value.retry_after <= 10
    with pytest.raises(KeyReused):
        claim(fingerprint="0" * 64)
    store.release(first)
    second = claim(lease_seconds=0)
    third = claim()
    assert isinstance(third, Claim) and third.token != second.token
    for lost in (lambda: store.hold(second), lambda: store.finish(second, answer)):
        with pytest.raises(KeyRunning), atomic():
            lost()
    store.release(second)
    with atomic():
        store.hold(third)
        store.finish(third, answer)
    store.release(third)
    assert claim() == answer
    with pytest.raises(KeyReused):
        claim(fingerprint="0" * 64)


def test_the_work_runs_in_the_transaction_that_keeps_its_answer(claim, committed):
    seen = []

    def work():
        seen.append(in_transaction())
        return HttpResponse("done")

    key = IdempotencyKey(tenant="t", actor="user:2", route="POST x", key="key-2")
    answer_once(key, fingerprint="f" * 64, work=work)
    assert seen == [True] and not in_transaction()


def test_the_work_of_a_claim_that_was_taken_over_is_undone(claim, committed, shelves, monkeypatch):
    store = idempotency_store()
    monkeypatch.setattr(type(store), "hold", lambda self, claim: None)
    key = IdempotencyKey(tenant="t", actor="user:1", route="POST x", key="key-1")

    def overtaken():
        Book.objects.create(title="Twice")
        monkeypatch.setattr(type(store), "finish", lambda self, claim, answer: (_ for _ in ()).throw(KeyRunning()))
        return HttpResponse("done")

    with pytest.raises(KeyRunning):
        answer_once(key, fingerprint="f" * 64, work=overtaken)
    assert not Book.objects.exists()


def test_a_release_that_fails_is_logged_and_hides_nothing(send, monkeypatch):
    def fail(self, claim):
        raise DatabaseError("server closed the connection")

    EchoView.outcome = Conflict("Not now.")
    monkeypatch.setattr(type(idempotency_store()), "release", fail)
    with capture_logs() as logs:
        response = send(ECHO)
    assert (response.status_code, response.json()["detail"]) == (409, "Not now.")
    assert [line["error"] for line in logs if line["event"] == "idempotency_release_failed"] == ["DatabaseError"]


def test_only_what_describes_the_body_is_kept():
    response = HttpResponse(
        "x", status=202, content_type="text/csv", headers={"Location": "/y/", "RateLimit-Limit": "1"}
    )
    response.set_cookie("session", "secret")
    stored = StoredAnswer.of(response)
    assert stored == StoredAnswer(202, b"x", {"Content-Type": "text/csv", "Location": "/y/"})
    replayed = stored.replay()
    assert (replayed.status_code, replayed.content, replayed["Idempotent-Replayed"]) == (202, b"x", "true")
    assert not replayed.cookies


def test_the_parts_of_a_key_cannot_run_into_each_other():
    first = IdempotencyKey(tenant="a", actor="b", route="c", key="d")
    assert len(first.digest) == 64
    assert first.digest != IdempotencyKey(tenant="ab", actor="", route="c", key="d").digest


def form(boundary: str, content: str, text: str = "1") -> dict[str, object]:
    body = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="a"\r\n\r\n{text}\r\n'
        f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="x.txt"\r\n'
        f"Content-Type: text/plain\r\n\r\n{content}\r\n--{boundary}--\r\n"
    )
    return {"data": body.encode(), "content_type": f"multipart/form-data; boundary={boundary}"}


def test_a_form_is_known_by_its_content_and_not_by_its_boundary(send, committed):
    sizes = []

    def read(self, data):
        sizes.append(len(data["file"].read()))
        return Response({"ok": True})

    with tenant_context(committed.first), pytest.MonkeyPatch.context() as patch:
        patch.setattr(EchoView, "_answer_with", read)
        answers = [
            Client().post(ECHO, headers={"Idempotency-Key": "key-1"}, **each)
            for each in (form("one", "hello"), form("two", "hello"), form("two", "hullo"), form("two", "hello", "2"))
        ]
    assert [answer.status_code for answer in answers] == [200, 200, 422, 422]
    assert answers[1]["Idempotent-Replayed"] == "true"
    assert sizes == [5]
