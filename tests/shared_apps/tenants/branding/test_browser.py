"""Brands in a real browser: the same colours as Python computes, and the settings page under the strict policy."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextvars import Context
from pathlib import Path
from shutil import which
from threading import Thread
from typing import Any

import pytest
from django.conf import settings
from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler
from django.core.wsgi import get_wsgi_application
from playwright.sync_api import Page, sync_playwright

from core.tenancy import TenantRef, directory, platform_context, tenant_context
from shared_apps.tenants.branding.colour import to_rgb
from shared_apps.tenants.branding.contrast import Ground, nudged, properties
from shared_apps.tenants.branding.stylesheet import computed
from shared_apps.tenants.models import Tenant
from tests.support.factories.users import PASSWORD, make_user
from tests.support.twins import Twins

CHROMIUM = which("chromium") or which("chromium-browser") or which("google-chrome")
OpenTab = Callable[..., Page]
TOKENS = [
    "bg",
    "surface",
    "surface-2",
    "surface-3",
    "line",
    "text",
    "text-2",
    "text-3",
    "inverse",
    "on-inverse",
    "brand",
    "brand-hover",
    "brand-press",
    "brand-ink",
    "brand-soft",
    "brand-soft-2",
    "brand-line",
    "ring",
    "ok-ink",
    "ok-soft",
    "warn-ink",
    "warn-soft",
    "bad-ink",
    "bad-soft",
    "info-ink",
    "info-soft",
    "d1",
    "d2",
    "side-bg",
    "side-fg",
    "side-on",
]
BRANDS = ["#1d7a4f", "#f5a524", "#1f3a8a", "#ff0000", "#00ff00", "#7a00ff", "#ffffff", "#000000", "#808080", "#00d0e0"]
# A canvas shows what reaches the screen: 8-bit sRGB, clipped.
READ = """([properties, mode, names]) => {
  const page = document.documentElement;
  page.removeAttribute("style");
  page.dataset.mode = mode;
  for (const [name, value] of Object.entries(properties)) page.style.setProperty("--" + name, value);
  const box = document.body.appendChild(document.createElement("i"));
  const pen = Object.assign(document.createElement("canvas"), { width: 1, height: 1 })
    .getContext("2d", { willReadFrequently: true });
  return names.map((name) => {
    box.style.backgroundColor = `var(--${name})`;
    pen.fillStyle = getComputedStyle(box).backgroundColor;
    pen.fillRect(0, 0, 1, 1);
    return [...pen.getImageData(0, 0, 1, 1).data.slice(0, 3)];
  });
}"""


class QuietHandler(WSGIRequestHandler):
    """Writes no line for each request."""

    def log_message(self, *values: object) -> None:
        """Nothing."""


def browse(visit: Callable[[OpenTab], None]) -> None:
    """Let a function open tabs of Debian's browser, each in a session of its own.

    In a thread: the browser's driver runs an event loop, in which Django refuses to touch the database.
    """

    def run() -> None:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
            visit(lambda **options: browser.new_context(reduced_motion="reduce", **options).new_page())
            browser.close()

    with ThreadPoolExecutor(1) as threads:
        threads.submit(run).result()


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_chromium_computes_the_same_colours(mode: str) -> None:
    browse(lambda open_tab: compare(open_tab(), mode))


def compare(page: Page, mode: str) -> None:
    page.set_content("<!doctype html><html><body></body></html>")
    page.add_style_tag(content=(settings.BASE_DIR / "static/css/tokens.css").read_text())
    for number, brand in enumerate(BRANDS):
        ground = Ground(number * 36, 0.003 * number, "tinted" if number % 2 else "plain")
        inputs = properties(nudged(brand, ground), ground)
        token = computed(inputs, mode)

        shown = page.evaluate(READ, [inputs, mode, TOKENS])

        for name, channels in zip(TOKENS, shown, strict=True):
            ours = to_rgb(token(name))
            assert all(abs(a - b) <= 1 for a, b in zip(ours, channels, strict=True)), (brand, name, ours, channels)


@pytest.fixture
def first(committed: Twins) -> Iterator[TenantRef]:
    """The first twin with an administrator; its registry row is put back."""
    with tenant_context(committed.first):
        make_user("ada@example.org", name="Ada")
    yield committed.first
    with platform_context():
        Tenant.objects.filter(pk=committed.first.uuid).update(options={})
    directory().forget()


@pytest.fixture
def site(first: TenantRef) -> Iterator[str]:
    """The address of the first twin, served from this process."""
    server = ThreadedWSGIServer(("127.0.0.1", 0), QuietHandler)
    server.set_app(StaticFilesHandler(get_wsgi_application()))
    Thread(target=Context().run, args=(server.serve_forever,), daemon=True).start()
    yield f"http://{first.primary_host}:{server.server_port}"
    server.shutdown()
    server.server_close()


def sign_in(page: Page, site: str) -> None:
    page.goto(f"{site}/account/sign-in/")
    page.fill("[name=login]", "ada@example.org")
    page.fill("[name=password]", PASSWORD)
    page.click("form:has([name=password]) button[type=submit]")
    page.wait_for_url(f"{site}/")


def brand_on(page: Page) -> str:
    """The brand colour that the page's root has."""
    found: str = page.evaluate("getComputedStyle(document.documentElement).getPropertyValue('--brand').trim()")
    return found


def test_a_draft_is_tried_out_saved_and_published(site: str) -> None:
    browse(lambda open_tab: publish_one(open_tab, site))


def publish_one(open_tab: OpenTab, site: str) -> None:
    complaints: list[str] = []
    page = open_tab(viewport={"width": 1440, "height": 900})
    page.on("console", lambda line: complaints.append(line.text) if line.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    sign_in(page, site)
    page.goto(f"{site}/settings/brand/")

    page.fill("#id_name", "River")
    page.fill("#id_brand", "#008774")
    page.wait_for_selector("#nudge:not([hidden])")
    tried = brand_on(page)
    assert tried not in ("#008774", "#3355d8")
    assert page.inner_text("[data-brand-shown]") == tried
    assert float(page.text_content('[data-reading="light-on-brand-brand"]')) >= 4.5
    assert page.inner_text('.sample [data-brand-text="name"] >> nth=0') == "River"

    page.click("#brand-form button[type=submit]")
    page.wait_for_selector(".alert--success, .toast, [role=status]")
    assert brand_on(page) == tried
    page.goto(f"{site}/")
    assert brand_on(page) == "#3355d8"

    page.goto(f"{site}/settings/brand/")
    page.click("form[action$='/publish/'] button")
    page.wait_for_load_state()
    visitor = open_tab()
    visitor.goto(f"{site}/account/sign-in/")
    assert brand_on(visitor) == tried
    assert "River" in visitor.title()
    assert complaints == []


@pytest.mark.parametrize("width", [1440, 390, 320])
def test_the_pages_are_accessible_and_do_not_scroll_sideways(site: str, width: int) -> None:
    browse(lambda open_tab: look_around(open_tab(viewport={"width": width, "height": 900}), site, width))


def look_around(page: Page, site: str, width: int) -> None:
    axe = Path(settings.BASE_DIR / "tests/support/vendor/axe.min.js").read_text()
    sign_in(page, site)
    for path in ("", "?mode=dark", "history/", "preview/mail/?mode=dark", "preview/dashboard/"):
        page.goto(f"{site}/settings/brand/{path}")
        page.evaluate(axe)
        found: list[Any] = page.evaluate("axe.run().then((result) => result.violations)")
        assert [(each["id"], each["nodes"][0]["html"]) for each in found] == [], path
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
