"""Routes of a site that does nothing but tell whose data its pages see, in every way that a page can ask."""

import threading
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any

from asgiref.sync import sync_to_async
from django.contrib.sessions.models import Session
from django.db import DatabaseError, connections
from django.http import HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.template import engines
from django.template.response import SimpleTemplateResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt

from core.tenancy import atomic, current_scope, cursor
from core.tenancy.errors import ReadOnlyTenant, TenancyError
from shared_apps.users.models import Role
from tests.support.markers import read_marker

# Queued by each request that queues any.
TASKS = 5
# What streams saw when they ended, also those that the client broke off.
cleared_up: list[list[str]] = []


def seen() -> dict[str, Any]:
    """What the current context and its database session say."""
    with cursor() as opened:
        opened.execute("SELECT current_user, current_setting('search_path')")
        role, schema = opened.fetchone()
    scope = current_scope()
    return {"key": scope.key, "slug": scope.tenant and scope.tenant.slug, "role": role, "schema": schema} | {
        "marker": read_marker()
    }


def look(request: HttpRequest) -> HttpResponse:
    return JsonResponse(seen())


def look_twice(request: HttpRequest) -> HttpResponse:
    """With a transaction, and time for other requests, in between."""
    before = seen()
    with atomic():
        time.sleep(float(request.GET.get("pause", "0")))
        inside = seen()
    return JsonResponse({"all": [before, inside, seen()]})


async def look_async(request: HttpRequest) -> HttpResponse:
    return JsonResponse(await sync_to_async(seen)())


async def look_in_the_loop(request: HttpRequest) -> HttpResponse:
    return JsonResponse(seen())


def stream(request: HttpRequest) -> HttpResponse:
    def chunks() -> Iterator[str]:
        try:
            for _ in range(3):
                yield f"{read_marker()}\n"
        finally:
            cleared_up.append(read_marker())

    return StreamingHttpResponse(chunks())


async def stream_async(request: HttpRequest) -> HttpResponse:
    async def chunks() -> AsyncIterator[str]:
        for _ in range(3):
            yield f"{await sync_to_async(read_marker)()}\n"

    return StreamingHttpResponse(chunks())


def render_late(request: HttpRequest) -> HttpResponse:
    template = engines["django"].from_string("{% for one in sessions %}{{ one.session_data }}{% endfor %}")
    return SimpleTemplateResponse(template, {"sessions": Session.objects.filter(session_key="marker")})


def ask_in_a_thread(request: HttpRequest) -> HttpResponse:
    found: list[Any] = []

    def work() -> None:
        try:
            found.append(read_marker())
        except TenancyError as error:
            found.append(type(error).__name__)
        finally:
            connections.close_all()

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    return JsonResponse({"found": found})


def fail(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("This page fails.")


def fail_in_the_database(request: HttpRequest) -> HttpResponse:
    with atomic(), cursor() as opened:
        opened.execute("SELECT 1/0")
    return HttpResponse()


def server_error(request: HttpRequest) -> HttpResponse:
    """A page for errors that still asks the database."""
    return JsonResponse(seen(), status=500)


@csrf_exempt
def write(request: HttpRequest) -> HttpResponse:
    return JsonResponse({"changed": Session.objects.filter(session_key="marker").update(session_data="changed")})


def write_role(request: HttpRequest) -> HttpResponse:
    """A table that even a read-only tenant's sign-in does not write."""
    with atomic():
        return JsonResponse({"changed": Role.objects.filter(is_system=False).update(name="changed")})


def enqueue(request: HttpRequest) -> HttpResponse:
    """Queues tasks in the transaction whose commit they wait for, and says what this request saw."""
    # Only a server that runs with a worker declares them.
    from tests.support.probe_tasks import look, look_from_platform

    with atomic():
        found = seen()
        task = look if found["slug"] else look_from_platform
        for _ in range(TASKS):
            task.enqueue(request.GET["run"], found["key"])
    return JsonResponse(found)


def refuse(request: HttpRequest) -> HttpResponse:
    raise ReadOnlyTenant


def lose(request: HttpRequest) -> HttpResponse:
    raise DatabaseError("Not a matter of rights.")


handler500 = server_error
urlpatterns = [
    path("look/", look),
    path("look-twice/", look_twice),
    path("look-async/", look_async),
    path("look-in-the-loop/", look_in_the_loop),
    path("stream/", stream),
    path("stream-async/", stream_async),
    path("render-late/", render_late),
    path("ask-in-a-thread/", ask_in_a_thread),
    path("fail/", fail),
    path("fail-in-the-database/", fail_in_the_database),
    path("write/", write),
    path("sign-in/", write, name="account_login"),
    path("write-role/", write_role),
    path("enqueue/", enqueue),
    path("refuse/", refuse),
    path("lose/", lose),
]
