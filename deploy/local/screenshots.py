"""python -m deploy.local.screenshots: the pictures of docs/screenshots, taken from a demo of their own.

Starts the demo with data of its own, opens its main pages in Chromium in three brands, light and dark, wide and narrow,
and stops it. Pictures that are no longer taken are deleted.
"""

import io
import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from shutil import which
from typing import Any

from PIL import Image
from playwright.sync_api import Browser, BrowserContext, ViewportSize, sync_playwright

from deploy.local.errors import LocalRunError
from deploy.local.prepare import ROOT
from deploy.local.processes import wait_for

DATA = ROOT / ".data" / "screenshots"
FOLDER = ROOT / "docs" / "screenshots"
CHROMIUM = which("chromium") or which("chromium-browser") or which("google-chrome")
START_SECONDS, STOP_SECONDS = 300, 90
SIZES: dict[str, ViewportSize] = {
    "desktop": {"width": 1440, "height": 900},
    "phone": {"width": 390, "height": 844},
}
ALL = ("desktop-light", "desktop-dark", "phone-light", "phone-dark")
QUALITY = 80


@dataclass(frozen=True, slots=True)
class Picture:
    """A page and the looks in which it is taken."""

    name: str
    path: str
    looks: tuple[str, ...] = ("desktop-light", "phone-dark")
    signed_in: bool = True


OF_ORGANISATIONS = (
    Picture("public", "/", ALL, signed_in=False),
    Picture("sign-in", "/account/sign-in/", signed_in=False),
    Picture("dashboard", "/", ALL),
    Picture("people", "/people/"),
    Picture("brand", "/settings/brand/", ("desktop-light", "desktop-dark")),
    Picture("organisation", "/settings/organisation/"),
)
OF_PLATFORM = (
    Picture("landing", "/", ALL, signed_in=False),
    Picture("sign-up", "/sign-up/", signed_in=False),
    Picture("overview", "/overview/", ALL),
    Picture("organisations", "/tenants/"),
    Picture("fleet", "/fleet/"),
)


def main() -> int:
    try:
        with demo_running() as said:
            taken = take_all(said)
    except LocalRunError as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    for old in set(FOLDER.glob("*.webp")) - set(taken):
        old.unlink()
    size = sum(path.stat().st_size for path in taken)
    print(f"{len(taken)} pictures, {size / 1e6:.1f} MB, in {FOLDER.relative_to(ROOT)}")
    return 0


@contextmanager
def demo_running() -> Iterator[dict[str, Any]]:
    """A demo with data of its own; gives what it says about itself. Raises LocalRunError when it does not start."""
    announcement = DATA / "demo.json"
    DATA.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "deploy.local.demo", "--data", str(DATA)]
    subprocess.run([*command, "--reset"], cwd=ROOT, check=True)
    demo = subprocess.Popen(command, cwd=ROOT)
    try:
        started = wait_for(lambda: announcement.exists() or demo.poll() is not None, seconds=START_SECONDS)
        if not started or demo.poll() is not None:
            raise LocalRunError(f"The demo did not start; see {DATA / 'logs'}.")
        yield json.loads(announcement.read_text())
    finally:
        demo.send_signal(signal.SIGINT)
        demo.wait(timeout=STOP_SECONDS)


def take_all(said: dict[str, Any]) -> list[Path]:
    """Take every picture; returns the files."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    taken: list[Path] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        for place in (said["platform"], *said["tenants"]):
            name = place.get("slug", "platform")
            pictures = OF_ORGANISATIONS if "slug" in place else OF_PLATFORM
            taken += take_of(browser, place, name, pictures)
        browser.close()
    return taken


def take_of(browser: Browser, place: dict[str, str], name: str, pictures: tuple[Picture, ...]) -> list[Path]:
    """Take the pictures of one place."""
    taken = []
    state = signed_in(browser, place)
    for look in ALL:
        size, mode = look.split("-")
        for is_signed_in in (False, True):
            wanted = [each for each in pictures if look in each.looks and each.signed_in == is_signed_in]
            context = browser.new_context(
                viewport=SIZES[size],
                color_scheme="dark" if mode == "dark" else "light",
                reduced_motion="reduce",
                locale="en-GB",
                storage_state=state if is_signed_in else None,
            )
            taken += [take(context, place, each, FOLDER / f"{name}-{each.name}-{look}.webp") for each in wanted]
            context.close()
    return taken


def signed_in(browser: Browser, place: dict[str, str]) -> Any:
    """The cookies of somebody who has signed in with what the demo says."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{place['url']}/account/sign-in/")
    page.locator("input[name=login]").fill(place["email"])
    page.locator("input[name=password]").fill(place["password"])
    page.locator("input[name=password]").press("Enter")
    page.wait_for_url(f"{place['url']}/")
    state = context.storage_state()
    context.close()
    return state


def take(context: BrowserContext, place: dict[str, str], picture: Picture, file: Path) -> Path:
    """Take one picture. Raises LocalRunError for a page that does not answer."""
    page = context.new_page()
    answer = page.goto(f"{place['url']}{picture.path}", wait_until="load")
    if answer is None or answer.status >= 400:
        raise LocalRunError(f"{place['url']}{picture.path} answers {answer.status if answer else 'nothing'}.")
    page.evaluate("document.fonts.ready")
    with Image.open(io.BytesIO(page.screenshot())) as image:
        image.save(file, "WEBP", quality=QUALITY, method=6)
    page.close()
    return file


if __name__ == "__main__":
    sys.exit(main())
