import json
import re
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

import pytest
from redis import Redis

from core.secrets import unseal
from core.tenancy import platform_context
from shared_apps.signup.services import Begun, Wish, password_prepare, sign_up_begin
from shared_apps.users.models import Mail
from tests.conftest import HostClient

PASSWORD = "a long walk along the river"
FORM = {
    "organisation": "Riverbank Trust",
    "slug": "riverbank",
    "name": "Olivia Marsh",
    "email": "olivia@riverbank.example",
    "password": PASSWORD,
    "locale": "en-GB",
    "time_zone": "Europe/Lisbon",
    "currency": "EUR",
    "terms_accepted": "on",
}
_mailboxes = count(1)


@pytest.fixture(autouse=True)
def _nothing_counted(settings: Any) -> None:
    """Limits of an earlier test do not count in this one."""
    redis = Redis.from_url(settings.REDIS_URL)
    if keys := list(redis.scan_iter(match="*platform:sign_up*")):
        redis.delete(*keys)


@pytest.fixture
def on_platform(db: None) -> Iterator[None]:
    """The platform's context for the whole test."""
    with platform_context():
        yield


@pytest.fixture
def client(on_platform: None, client_for: Callable[..., HostClient]) -> HostClient:
    """A stranger's browser at the platform's host."""
    return client_for("platform")


def make_wish(**changes: Any) -> Wish:
    """What somebody fills in, each with a mailbox of their own."""
    email = f"owner-{next(_mailboxes)}@riverbank.example"
    values = {**FORM, "email": email, "terms_accepted": True, **changes}
    return Wish(**{**values, "password": password_prepare(password=PASSWORD, email=email, name=values["name"])})


def begin(address: str = "192.0.2.7", **changes: Any) -> Begun:
    """A sign-up whose code has been mailed."""
    return sign_up_begin(wish=make_wish(**changes), address=address)


def mails(recipient: str) -> list[dict[str, str]]:
    """What waits for a recipient, oldest first, opened."""
    waiting = Mail.objects.filter(recipient=recipient).order_by("id")
    return [json.loads(unseal(mail.sealed, field="users_mail.sealed")) for mail in waiting]


def mailed_code(recipient: str) -> str:
    """The newest code that a recipient got."""
    found = re.search(r"^\s*(\d{6})\s*$", mails(recipient)[-1]["body"], re.MULTILINE)
    assert found
    return found[1]


def wrong_code(right: str) -> str:
    """Another code."""
    return f"{(int(right) + 1) % 1_000_000:06d}"
