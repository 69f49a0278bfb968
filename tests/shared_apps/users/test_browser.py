"""Passkeys in a real browser: our pages, allauth's scripts and the strict policy together."""

import re
from collections.abc import Iterator
from contextvars import Context
from shutil import which
from threading import Thread

import pytest
from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler
from django.core.wsgi import get_wsgi_application
from playwright.sync_api import Page, sync_playwright

from core.tenancy import tenant_context
from tests.support.factories.users import PASSWORD, make_user
from tests.support.twins import Twins

CHROMIUM = which("chromium") or which("chromium-browser") or which("google-chrome")
AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


class QuietHandler(WSGIRequestHandler):
    """Writes no line for each request."""

    def log_message(self, *values: object) -> None:
        """Nothing."""


@pytest.fixture
def site(committed: Twins) -> Iterator[str]:
    """The address of the first twin, served from this process."""
    server = ThreadedWSGIServer(("127.0.0.1", 0), QuietHandler)
    server.set_app(StaticFilesHandler(get_wsgi_application()))
    Thread(target=Context().run, args=(server.serve_forever,), daemon=True).start()
    yield f"http://{committed.first.primary_host}:{server.server_port}"
    server.shutdown()
    server.server_close()


def use_passkey(site: str) -> list[str]:
    """Add a passkey, sign in with it alone, then with it after the password; what the browser complained about."""
    complaints: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        context = browser.new_context()
        page = context.new_page()
        page.on("console", lambda line: complaints.append(line.text) if line.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        devices = context.new_cdp_session(page)
        devices.send("WebAuthn.enable")
        devices.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})
        by_password(page, site)
        page.goto(f"{site}/account/passkeys/add/")
        page.check("[name=passwordless]")
        page.click("#passkey_add")
        page.wait_for_url(re.compile("/recovery-codes/"))
        sign_out(page, site)
        page.click("#passkey_login")
        page.wait_for_url(f"{site}/")
        sign_out(page, site)
        by_password(page, site)
        page.click("#passkey_authenticate")
        page.wait_for_url(f"{site}/")
        browser.close()
    return complaints


def by_password(page: Page, site: str) -> None:
    page.goto(f"{site}/account/sign-in/")
    page.fill("[name=login]", "ada@example.org")
    page.fill("[name=password]", PASSWORD)
    page.click("form:has([name=password]) button[type=submit]")
    page.wait_for_load_state()


def sign_out(page: Page, site: str) -> None:
    page.goto(f"{site}/account/sign-out/")
    page.click("main button[type=submit]")
    page.wait_for_url(f"{site}/account/sign-in/")


def test_a_passkey_is_added_and_signs_in_alone_and_as_a_second_factor(site: str, committed: Twins) -> None:
    with tenant_context(committed.first):
        make_user("ada@example.org", name="Ada")
    results: list[list[str] | BaseException] = []

    def browse() -> None:
        try:
            results.append(use_passkey(site))
        except BaseException as error:  # noqa: BLE001  shown by the assertion
            results.append(error)

    # Playwright runs an event loop, in which Django refuses to use the database.
    thread = Thread(target=browse)
    thread.start()
    thread.join(90)
    assert results == [[]]
