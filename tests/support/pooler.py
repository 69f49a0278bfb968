"""What PgBouncer does in transaction mode, reduced to the danger: clients share one server connection.

A client has the server connection from its first message until the server says that no transaction is open. Nothing is
reset in between. The protocol is PostgreSQL's frontend/backend protocol, version 3.
"""

import os
import socket
import socketserver
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg2
import psycopg2.extensions

PORT = 5432
_SSL = 80877103
_ROLLBACK = b"Q" + struct.pack("!i", 13) + b"ROLLBACK\0"
_AUTHENTICATED = b"R" + struct.pack("!ii", 8, 0)
_REPORTED = (
    "server_version",
    "client_encoding",
    "standard_conforming_strings",
    "integer_datetimes",
    "TimeZone",
    "DateStyle",
)


class Pooler:
    """Listens on a unix socket in `folder` and passes everybody's statements to one connection."""

    def __init__(self, folder: Path, url: str, **parameters: str) -> None:
        self._connection = psycopg2.connect(url, client_encoding="UTF8", options="-c TimeZone=UTC", **parameters)
        self._connection.autocommit = True
        self.reports = {name: self._connection.get_parameter_status(name) for name in _REPORTED}
        # libpq signed in; from here on the protocol is spoken by hand.
        self.server = socket.socket(fileno=os.dup(self._connection.fileno()))
        self.server.setblocking(True)
        self.turn = threading.Lock()
        self._listener = socketserver.ThreadingUnixStreamServer(str(folder / f".s.PGSQL.{PORT}"), _Client)
        self._listener.daemon_threads = True
        self._listener.pooler = self  # type: ignore[attr-defined]
        threading.Thread(target=self._listener.serve_forever, daemon=True).start()

    def close(self) -> None:
        """Stop listening and give the server connection up."""
        self._listener.shutdown()
        self._listener.server_close()
        self.server.close()
        self._connection.close()


@contextmanager
def pooler(folder: Path, url: str, **parameters: str) -> Iterator[Pooler]:
    running = Pooler(folder, url, **parameters)
    try:
        yield running
    finally:
        running.close()


class _Client(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        pooler: Pooler = self.server.pooler  # type: ignore[attr-defined]
        self._greet(pooler)
        while message := read_message(self.request):
            with pooler.turn:
                self._serve(pooler.server, message)

    def _greet(self, pooler: Pooler) -> None:
        while struct.unpack("!i", read_untyped(self.request)[:4])[0] == _SSL:
            self.request.sendall(b"N")
        for name, value in pooler.reports.items():
            body = f"{name}\0{value}\0".encode()
            self.request.sendall((_AUTHENTICATED if name == _REPORTED[0] else b"") + b"S" + sized(body))
        self.request.sendall(b"K" + sized(bytes(8)) + b"Z" + sized(b"I"))

    def _serve(self, server: socket.socket, message: bytes) -> None:
        """Pass messages both ways until no transaction is open; one that a client leaves behind is rolled back."""
        while True:
            server.sendall(message or _ROLLBACK)
            answer = self._answer(server, gone=not message)
            if answer == b"I":
                return
            message = read_message(self.request)

    def _answer(self, server: socket.socket, *, gone: bool) -> bytes:
        while True:
            answer = read_message(server)
            if not gone:
                self.request.sendall(answer)
            if answer[:1] == b"Z":
                return answer[-1:]
            if answer[:1] == b"G":
                while (data := read_message(self.request))[:1] == b"d":
                    server.sendall(data)
                server.sendall(data)


def sized(body: bytes) -> bytes:
    """A message's body behind its length."""
    return struct.pack("!i", len(body) + 4) + body


def read_message(source: Any) -> bytes:
    """One message with its type; empty where the other side has gone, or says that it goes."""
    kind = source.recv(1)
    return kind + sized(read_untyped(source)) if kind not in (b"", b"X") else b""


def read_untyped(source: Any) -> bytes:
    """The body of a message that has no type, as the first one of a client."""
    return _exactly(source, struct.unpack("!i", _exactly(source, 4))[0] - 4)


def _exactly(source: Any, count: int) -> bytes:
    found = b""
    while len(found) < count:
        part = source.recv(count - len(found))
        if not part:
            raise ConnectionError("The other side has gone.")
        found += part
    return found
