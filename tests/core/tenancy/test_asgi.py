"""The same site through Django's ASGI handler: requests interleave on one event loop and change threads."""

import asyncio
import json
from typing import Any

import pytest
from asgiref.testing import ApplicationCommunicator
from django.core.asgi import get_asgi_application

from core.tenancy import TenantRef, current_scope
from tests.support.markers import put_markers
from tests.support.twins import Twins


@pytest.fixture
def marked(committed: Twins, settings: Any) -> Twins:
    settings.TENANT_URLCONF = settings.PLATFORM_URLCONF = "tests.support.probe_urls"
    put_markers(committed)
    return committed


async def ask(application: Any, host: str, path: str) -> tuple[int, str]:
    """One request; returns status and body."""
    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": "GET",
        "path": path.partition("?")[0],
        "query_string": path.partition("?")[2].encode(),
        "headers": [(b"host", host.encode())],
    }
    communicator = ApplicationCommunicator(application, scope)
    await communicator.send_input({"type": "http.request", "body": b""})
    status, body = 0, b""
    while True:
        message = await communicator.receive_output(30)
        status = message.get("status", status)
        body += message.get("body", b"")
        if message["type"] == "http.response.body" and not message.get("more_body"):
            await communicator.wait(30)
            return status, body.decode()


def ask_all(refs: list[TenantRef], path: str) -> list[tuple[int, str]]:
    application = get_asgi_application()

    async def gathered() -> list[tuple[int, str]]:
        found = await asyncio.gather(*(ask(application, ref.primary_host, path) for ref in refs))
        assert current_scope() is None
        return found

    return asyncio.run(gathered())


@pytest.mark.parametrize("path", ["/look/", "/look-async/", "/look-twice/?pause=0.01"])
def test_interleaved_requests_see_their_own_tenant(path: str, marked: Twins):
    refs = [marked.first, marked.second] * 8
    for ref, (status, body) in zip(refs, ask_all(refs, path), strict=True):
        found = json.loads(body)
        for one in found.get("all", [found]):
            assert (status, one["marker"], one["schema"]) == (200, [ref.slug], ref.schema)


@pytest.mark.filterwarnings("ignore:StreamingHttpResponse must consume")
@pytest.mark.parametrize("path", ["/stream/", "/stream-async/"])
def test_interleaved_streams_see_their_own_tenant(path: str, marked: Twins):
    refs = [marked.first, marked.second] * 4
    assert ask_all(refs, path) == [(200, f"{[ref.slug]}\n" * 3) for ref in refs]


def test_the_orm_in_the_event_loop_is_refused(marked: Twins):
    ((status, body),) = ask_all([marked.first], "/look-in-the-loop/")
    assert status == 500
    assert json.loads(body)["marker"] == ["north"]


def test_a_thread_of_a_view_is_refused(marked: Twins):
    assert ask_all([marked.first], "/ask-in-a-thread/") == [(200, '{"found": ["NoContext"]}')]
