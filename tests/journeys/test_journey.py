"""What the product is for, from end to end in a browser, with the keyboard alone.

A stranger signs up, brands the organisation, invites a colleague, turns on two-factor and makes an API key; a platform
administrator suspends the organisation, which all of them see, and resumes it.
"""

import http.client
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from django.core import mail
from django.test import override_settings
from playwright.sync_api import Browser, Page, expect

from core.tenancy import platform_context
from tests.support.factories.users import PASSWORD, make_user
from tests.support.inline_worker import inline_worker
from tests.support.keyboard import Keyboard
from tests.support.live import WATCH, WIDE, chromium_started, served
from tests.support.storage import stored_in
from tests.support.twin_world import unlimited
from tests.support.twins import Twins
from tests.support.workers import eventually

OWNER, COLLEAGUE, OPERATOR = "olivia@meadow.example", "samuel@meadow.example", "paula@livery.example"
NAME, SLUG, COLOUR = "Meadow Trust", "meadow", "#1d7a4f"
SECONDS = 20_000


@dataclass
class Stage:
    """A server, a worker and a browser in which each person has a context of their own."""

    browser: Browser
    port: int
    raised: list[Exception]
    pages: dict[str, Page] = field(default_factory=dict)

    def site(self, slug: str = "") -> str:
        """The address of an organisation, or of the platform."""
        return f"http://{slug}{'.' if slug else ''}localhost:{self.port}"

    def page_of(self, person: str) -> Page:
        """This person's tab."""
        if person not in self.pages:
            context = self.browser.new_context(
                viewport={"width": WIDE[0], "height": WIDE[1]}, reduced_motion="reduce", locale="en-GB"
            )
            context.set_default_timeout(SECONDS)
            context.add_init_script(WATCH)
            self.pages[person] = context.new_page()
        return self.pages[person]

    def keys_of(self, person: str) -> Keyboard:
        """This person's hands."""
        return Keyboard(self.page_of(person))


@pytest.fixture
def stage(committed: Twins, tmp_path: Any) -> Iterator[Stage]:
    with platform_context():
        make_user(OPERATOR, roles=["platform_admin"], name="Paula Haddad")
    expect.set_options(timeout=SECONDS)
    with (
        stored_in(tmp_path),
        unlimited(),
        served() as port,
        override_settings(PUBLIC_PORT=port),
        inline_worker() as raised,
        chromium_started() as browser,
    ):
        yield Stage(browser, port, raised)


def test_from_sign_up_to_resume(stage: Stage) -> None:
    sign_up(stage)
    brand(stage)
    invite(stage)
    two_factor(stage)
    key = api_key(stage)
    assert asked_with(stage, key) == 200
    change_state(stage, "Suspend")
    for person in (OWNER, COLLEAGUE):
        stage.page_of(person).goto(stage.site(SLUG))
        expect(stage.page_of(person).get_by_role("heading", name="This site is suspended")).to_be_visible()
    assert asked_with(stage, key) == 403
    change_state(stage, "Resume")
    for person in (OWNER, COLLEAGUE):
        stage.page_of(person).goto(stage.site(SLUG))
        expect(stage.page_of(person).get_by_role("link", name="Skip to content")).to_be_attached()
        expect(stage.page_of(person).get_by_role("heading", name="This site is suspended")).to_have_count(0)
    assert asked_with(stage, key) == 200
    assert [page.evaluate("window.violations") for page in stage.pages.values()] == [[], [], []]
    assert stage.raised == []


def sign_up(stage: Stage) -> None:
    page, keys = stage.page_of(OWNER), stage.keys_of(OWNER)
    page.goto(f"{stage.site()}/sign-up/")
    keys.write("Organisation", NAME)
    expect(page.get_by_text(f"{SLUG}-trust.localhost is free")).to_be_visible()
    keys.write("Subdomain", SLUG)
    expect(page.get_by_text(f"{SLUG}.localhost is free")).to_be_visible()
    keys.write("Your name", "Olivia Marsh")
    keys.write("E-mail address", OWNER)
    keys.write("Password", PASSWORD)
    keys.tick("I accept")
    keys.press("Send me the code")
    page.wait_for_url("**/sign-up/confirm/")
    keys.write("Code from the mail", mailed(OWNER, r"\b(\d{6})\b"))
    keys.press("Confirm and set up")
    page.wait_for_url(f"{stage.site(SLUG)}/")
    expect(page.get_by_role("heading", level=1)).to_be_visible()


def brand(stage: Stage) -> None:
    page, keys = stage.page_of(OWNER), stage.keys_of(OWNER)
    page.goto(f"{stage.site(SLUG)}/settings/brand/")
    keys.write("Line under the name", "Community foundation")
    # The picker of a colour is the browser's own.
    page.get_by_label("Brand colour").fill(COLOUR)
    keys.press("Save the draft")
    expect(page.get_by_text("The draft is saved")).to_be_visible()
    keys.press("Publish")
    expect(page.get_by_text("Version 1 is published")).to_be_visible()
    page.goto(stage.site(SLUG))
    expect(page.locator(".brandmark").first).to_contain_text("Community foundation")
    worn = page.evaluate("getComputedStyle(document.documentElement).getPropertyValue('--brand').trim()")
    assert worn == COLOUR


def invite(stage: Stage) -> None:
    page, keys = stage.page_of(OWNER), stage.keys_of(OWNER)
    page.goto(f"{stage.site(SLUG)}/people/")
    keys.press("Invite people")
    expect(page.get_by_role("dialog")).to_be_visible()
    keys.write("E-mail addresses", COLLEAGUE)
    keys.tick("Accountant")
    keys.press("Send")
    expect(page.get_by_role("dialog")).not_to_be_visible()
    other, hands = stage.page_of(COLLEAGUE), stage.keys_of(COLLEAGUE)
    other.goto(mailed(COLLEAGUE, r"(http://\S+/people/join/\S+)"))
    hands.write("Your name", "Samuel Okoro")
    hands.write("Password", PASSWORD)
    hands.press("Come in")
    other.wait_for_url(f"{stage.site(SLUG)}/")
    expect(other.locator(".btn--person")).to_contain_text("SO")
    page.reload()
    expect(page.get_by_text("Samuel Okoro").first).to_be_visible()


def two_factor(stage: Stage) -> None:
    page, keys = stage.page_of(OWNER), stage.keys_of(OWNER)
    page.goto(f"{stage.site(SLUG)}/account/second-factor/app/add/")
    confirm_yourself(page, keys)
    secret = page.locator("main code").first.inner_text()
    keys.write("Authenticator code", code_now(secret))
    keys.press("Add the app")
    expect(page.get_by_role("heading", name="Recovery codes").first).to_be_visible()


def confirm_yourself(page: Page, keys: Keyboard) -> None:
    """Type the password again: who was led here from the sign-up never typed it on this host."""
    if "/confirm-yourself/" in page.url:
        keys.write("Password", PASSWORD)
        keys.press("Confirm")
        page.wait_for_url(lambda url: "/confirm-yourself/" not in url)


def api_key(stage: Stage) -> str:
    page, keys = stage.page_of(OWNER), stage.keys_of(OWNER)
    page.goto(f"{stage.site(SLUG)}/people/api-keys/new/")
    keys.write("Name", "Web shop")
    keys.tick("See the people")
    keys.press("Make")
    return page.get_by_label("Key", exact=True).input_value()


def change_state(stage: Stage, label: str) -> None:
    page, keys = stage.page_of(OPERATOR), stage.keys_of(OPERATOR)
    page.goto(f"{stage.site()}/tenants/")
    if "/account/sign-in/" in page.url:
        keys.write("Email", OPERATOR)
        keys.write("Password", PASSWORD)
        keys.press("Sign in")
        page.wait_for_url(f"{stage.site()}/tenants/")
    keys.press(NAME)
    expect(page.get_by_role("heading", name=NAME, level=1)).to_be_visible()
    keys.press(label)
    page.wait_for_url(f"**/{label.lower()}/")
    keys.write("Reason", "Agreed by telephone")
    keys.write("Subdomain, to confirm", SLUG)
    keys.press(label)
    expect(page.get_by_text("The state was changed.")).to_be_visible()


def asked_with(stage: Stage, key: str) -> int:
    """What a program with the key gets."""
    connection = http.client.HTTPConnection("127.0.0.1", stage.port, timeout=10)
    try:
        headers = {"Host": urlsplit(stage.site(SLUG)).netloc, "Authorization": f"Bearer {key}"}
        connection.request("GET", "/api/v1/users/", headers=headers)
        answer = connection.getresponse()
        said = json.loads(answer.read())
        assert answer.status != 200 or {each["email"] for each in said["results"]} == {OWNER, COLLEAGUE}
        return answer.status
    finally:
        connection.close()


def code_now(secret: str) -> str:
    """What an authenticator app with this secret shows now (RFC 6238)."""
    _, counter, _ = yield_hotp_counters_from_time()
    return format_hotp_value(hotp_value(secret, counter))


def mailed(recipient: str, pattern: str) -> str:
    """What the newest mail to somebody says; waits for it."""

    def found() -> Any:
        texts = [message.body for message in mail.outbox if recipient in message.to]
        return re.search(pattern, texts[-1]) if texts else None

    match: re.Match[str] = eventually(found)
    return match[1]
