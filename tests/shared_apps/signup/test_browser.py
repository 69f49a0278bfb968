"""From the landing page to the dashboard in a real browser: two hosts, the strict policy, with scripts and without."""

import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextvars import Context
from threading import Thread
from typing import Any

import pytest
from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.core.servers.basehttp import ThreadedWSGIServer
from django.core.wsgi import get_wsgi_application
from django.db import connections
from playwright.sync_api import Page, expect, sync_playwright

from core.tenancy import platform_context
from shared_apps.signup.models import SignUp
from shared_apps.signup.services import sign_up_provision
from tests.shared_apps.signup.conftest import FORM, mailed_code
from tests.shared_apps.users.test_browser import CHROMIUM, QuietHandler
from tests.support.twins import Twins


@pytest.fixture
def site(committed: Twins, settings: Any) -> Iterator[str]:
    """The address of the platform, served from this process."""
    server = ThreadedWSGIServer(("127.0.0.1", 0), QuietHandler)
    settings.PUBLIC_PORT = server.server_port
    server.set_app(StaticFilesHandler(get_wsgi_application()))
    Thread(target=Context().run, args=(server.serve_forever,), daemon=True).start()
    yield f"http://localhost:{server.server_port}"
    server.shutdown()
    server.server_close()


def on_platform(work: Callable[[], Any]) -> Any:
    """What work on the database returns: the browser's event loop keeps this thread from it."""

    def inside() -> Any:
        try:
            with platform_context():
                return work()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(inside).result()


def provision() -> None:
    """What a worker does."""
    sign_up_provision(sign_up_id=SignUp.objects.get().pk)


def fill(page: Page) -> None:
    for name in ("name", "email", "password"):
        page.fill(f"[name={name}]", FORM[name])
    page.check("[name=terms_accepted]")
    page.click("text=Send me the code")
    page.fill("[name=code]", on_platform(lambda: mailed_code(FORM["email"])))
    page.click("text=Confirm and set up")


def travel(site: str, *, scripts: bool) -> list[str]:
    """The whole way; what the browser complained about."""
    complaints: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_context(java_script_enabled=scripts, timezone_id="Europe/Lisbon").new_page()
        page.on("console", lambda line: complaints.append(line.text) if line.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(site)
        page.fill("[name=organisation]", "Riverbank Trust")
        page.click("text=Set it up")
        expect(page.locator("[name=slug]")).to_have_value("riverbank-trust")
        (_typed_with_scripts if scripts else _nothing)(page)
        fill(page)
        expect(page.get_by_role("heading", level=1)).to_have_text("Setting up Riverbank Trust")
        on_platform(provision)
        if not scripts:
            page.goto(f"{site}/sign-up/progress/")
            page.click("text=Come in")
        page.wait_for_url("http://riverbank.localhost:*/" if scripts else "http://riverbank-trust.localhost:*/")
        page.goto(page.url + "people/account/")
        # Whoever is not signed in is led away from here.
        expect(page).to_have_url(re.compile("/people/account/$"))
        browser.close()
    return complaints


def _nothing(page: Page) -> None:
    """Without scripts nothing happens while somebody types."""


def _typed_with_scripts(page: Page) -> None:
    expect(page.locator("[name=time_zone]")).to_have_value("Europe/Lisbon")
    page.locator("[name=slug]").fill("n0rth")
    expect(page.locator("#subdomain-state")).to_contain_text("looks too much like a name that is taken")
    page.locator("[name=slug]").fill("riverbank")
    expect(page.locator("#subdomain-state")).to_contain_text("riverbank.localhost is free")


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])
def test_a_stranger_comes_in(site, scripts):
    assert travel(site, scripts=scripts) == []
