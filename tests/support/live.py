"""The site as a browser meets it: served by threads of this process, and opened in Chromium."""

import socketserver
from collections.abc import Iterator
from contextlib import contextmanager
from shutil import which
from threading import Thread
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.core.wsgi import get_wsgi_application
from playwright.sync_api import Browser, sync_playwright

CHROMIUM = which("chromium") or which("chromium-browser") or which("google-chrome")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
WIDE, NARROW, NARROWEST = (1440, 900), (390, 844), (320, 700)
# What the browser says about the policy, kept by the page itself: it counts also what no console shows.
WATCH = """
window.violations = [];
document.addEventListener("securitypolicyviolation", (event) => {
  window.violations.push(`${event.effectiveDirective} ${event.blockedURI}`);
});
"""


class _Server(socketserver.ThreadingMixIn, WSGIServer):
    daemon_threads = True
    request_queue_size = 64


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        """Tests print no access log."""


@contextmanager
def served() -> Iterator[int]:
    """Serve every host with its static files; gives the port on the loopback interface."""
    server = _Server(("127.0.0.1", 0), _Quiet)
    server.set_app(StaticFilesHandler(get_wsgi_application()))
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def chromium_started() -> Iterator[Browser]:
    """Debian's browser; names below localhost are this machine.

    Its driver runs an event loop in this thread, in which Django refuses the database: prepare everything before.
    """
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        try:
            yield browser
        finally:
            browser.close()
