import socketserver
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

import pytest
from django.conf import settings as configured
from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.core.wsgi import get_wsgi_application
from django.test import override_settings
from playwright.sync_api import Browser, Page, sync_playwright

CHROMIUM = "/usr/bin/chromium"
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


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        """Tests print no access log."""


@pytest.fixture(scope="module")
def site(twins: Any, django_db_blocker: Any) -> Iterator[str]:
    """The address of the first twin's host with the style guide, served by a thread of this process.

    Its settings end with the module: in random order other modules run before the package's last one.
    """
    policy = configured.CONTENT_SECURITY_POLICY["DIRECTIVES"]
    changed = {
        "TENANT_URLCONF": "tests.core.web.styleguide.urls",
        "CONTENT_SECURITY_POLICY": {"DIRECTIVES": {**policy, "report-uri": ["/csp-report/"], "report-to": ["csp"]}},
    }
    with django_db_blocker.unblock(), override_settings(**changed):
        server = _Server(("127.0.0.1", 0), _Quiet)
        server.set_app(StaticFilesHandler(get_wsgi_application()))
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://{twins.first.primary_host}:{server.server_port}"
        server.shutdown()
        server.server_close()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Debian's browser; names below localhost are this machine.

    Its driver runs an event loop in this thread, in which Django refuses the database: it ends with the module.
    """
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def open_page(chromium: Browser, site: str) -> Iterator[Any]:
    """Open a part of the style guide at a size; everything is closed after the test."""
    contexts = []

    def open_at(path: str, size: tuple[int, int] = WIDE, **options: Any) -> Page:
        context = chromium.new_context(
            viewport={"width": size[0], "height": size[1]}, reduced_motion="reduce", **options
        )
        contexts.append(context)
        context.add_init_script(WATCH)
        page = context.new_page()
        page.goto(site + path, wait_until="load")
        return page

    yield open_at
    for context in contexts:
        context.close()


@pytest.fixture(scope="package")
def axe() -> str:
    """The accessibility checker's source."""
    return (Path(configured.BASE_DIR) / "tests/support/vendor/axe.min.js").read_text()
