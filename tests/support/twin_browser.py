"""Sends requests through the whole stack in this process, and keeps of the answers what is worth comparing."""

import re
import sys
import traceback
from contextvars import Context
from dataclasses import dataclass, field, replace
from http.cookies import SimpleCookie
from io import BytesIO
from typing import Any, Literal
from urllib.parse import urlencode

from django.conf import settings
from django.core.handlers.base import BaseHandler
from django.core.handlers.wsgi import WSGIRequest
from django.core.serializers.json import DjangoJSONEncoder
from django.core.signals import got_request_exception, request_finished
from django.db import close_old_connections

REQUEST_ID = "request-of-the-twin-test"
Shape = Literal["nothing", "session", "token", "api_key"]
# An answer as it is compared: status, headers, text.
Plain = tuple[int, dict[str, str], str]

# What differs between two answers that say the same: masked CSRF tokens, challenges, secrets that are offered anew,
# times, and ids that were made just now, unlike those of the prepared rows, which are of another time.
_RANDOM = re.compile(
    r'(?<=csrfmiddlewaretoken" value=")\w{64}|(?<=X-CSRFToken": ")\w{64}|(?<=X-CSRFToken"\] = ")\w{64}'
    r"|(?!01900000)\b[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}\b"
    r'|\d{4}-\d\d-\d\dT[\d:.]+(?:Z|\+00:00)|\d+ (?:second|minute)s? ago|"(?:secret|challenge)": ?"[\w-]+"'
    r"|(?<=data:image/svg\+xml;base64,)[\w+/=]+|(?<=<code>)[A-Z2-7]{32}(?=</code>)"
)
_OWN_PACE = frozenset({"content-length", "date", "expires", "ratelimit-remaining", "ratelimit-reset", "set-cookie"})


@dataclass(frozen=True, slots=True)
class Credential:
    """What a request shows to be let in: nothing, a session's cookie, or a bearer token or key."""

    name: str
    shape: Shape = "nothing"
    text: str = ""

    @property
    def headers(self) -> dict[str, str]:
        """The request headers that carry it."""
        if self.shape == "session":
            return {"Cookie": f"{settings.SESSION_COOKIE_NAME}={self.text}"}
        return {"Authorization": f"Bearer {self.text}"} if self.text else {}


NOTHING = Credential("nothing")
# One of each shape that nobody ever had: what a foreign, ended or forged one must amount to.
STRANGE = {
    "nothing": NOTHING,
    "session": Credential("a session that never was", "session", "n" * 32),
    "token": Credential("a token that never was", "token", "e30.e30.bm9uZQ"),
    "api_key": Credential("a key that never was", "api_key", f"lvk_{'n' * 12}_{'n' * 43}"),
}


@dataclass(frozen=True, slots=True)
class Sent:
    """One request."""

    method: str
    host: str
    path: str
    credential: Credential = NOTHING
    body: bytes = b""
    content_type: str = ""
    headers: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        extra = "".join(f" {name}: {value}" for name, value in self.headers)
        body = f" with {self.body[:200]!r}" if self.body else ""
        return f"{self.method} http://{self.host}{self.path}{extra} by {self.credential.name}{body}"

    def by(self, credential: Credential) -> "Sent":
        """The same with another credential."""
        return replace(self, credential=credential)

    def to(self, host: str, *headers: tuple[str, str]) -> "Sent":
        """The same to another host."""
        return replace(self, host=host, headers=(*self.headers, *headers))


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. `faults` are tracebacks of errors that nobody named."""

    status: int
    headers: dict[str, str]
    cookies: SimpleCookie = field(compare=False)
    body: bytes
    faults: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """Everything that reached the caller, in lower case."""
        head = "\n".join(f"{name}: {value}" for name, value in self.headers.items())
        return f"{head}\n{self.cookies.output()}\n{self.body.decode(errors='replace')}".lower()

    def plain(self, *ids: str) -> Plain:
        """The answer without what is random in it, and without the ids that the request itself named."""
        headers = {
            name: _without(_RANDOM.sub("", value), ids) for name, value in self.headers.items() if name not in _OWN_PACE
        }
        return self.status, headers, _without(_RANDOM.sub("", self.body.decode(errors="replace")), ids)


def _without(text: str, ids: tuple[str, ...]) -> str:
    for each in sorted(ids, key=len, reverse=True):
        text = text.replace(each, "…")
    return text


class Browser:
    """The server's stack without a server: each request runs in an empty context, as it would in a worker thread."""

    def __init__(self) -> None:
        self._handler = BaseHandler()
        self._handler.load_middleware()
        self.sent = 0

    def send(self, sent: Sent, *, checks_csrf: bool = False) -> Answer:
        """The answer to a request. Without `checks_csrf` the lock against forged forms is taken off, so that what
        stands behind it is tried."""
        self.sent += 1
        request = WSGIRequest(_environ(sent))
        request._dont_enforce_csrf_checks = not checks_csrf
        faults: list[str] = []

        def note(**_: Any) -> None:
            faults.append("".join(traceback.format_exception(*sys.exc_info(), limit=-3)))

        got_request_exception.connect(note)
        try:
            return Context().run(self._answer, request, faults)
        finally:
            got_request_exception.disconnect(note)

    def _answer(self, request: WSGIRequest, faults: list[str]) -> Answer:
        response = self._handler.get_response(request)
        body = b"".join(response) if response.streaming else response.content
        headers = {name.lower(): value for name, value in response.items()}
        # Closed as Django's own test client does it: the connection belongs to the test.
        request_finished.disconnect(close_old_connections)
        response.close()
        request_finished.connect(close_old_connections)
        return Answer(response.status_code, headers, response.cookies, body, tuple(faults))


def form(fields: dict[str, Any]) -> dict[str, Any]:
    """The part of a `Sent` that posts a form."""
    return {"body": urlencode(fields, doseq=True).encode(), "content_type": "application/x-www-form-urlencoded"}


def json_body(value: Any) -> dict[str, Any]:
    """The part of a `Sent` that sends JSON."""
    return {"body": DjangoJSONEncoder().encode(value).encode(), "content_type": "application/json"}


def _environ(sent: Sent) -> dict[str, Any]:
    path, _, query = sent.path.partition("?")
    environ = {
        "REQUEST_METHOD": sent.method,
        "PATH_INFO": path.encode().decode("latin-1"),
        "QUERY_STRING": query,
        "SERVER_NAME": "server",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "HTTP_HOST": sent.host,
        "HTTP_X_REQUEST_ID": REQUEST_ID,
        "CONTENT_LENGTH": str(len(sent.body)),
        "CONTENT_TYPE": sent.content_type,
        "wsgi.input": BytesIO(sent.body),
        "wsgi.url_scheme": "http",
    }
    for name, value in (*sent.credential.headers.items(), *sent.headers):
        environ[f"HTTP_{name.upper().replace('-', '_')}"] = value
    return environ
