import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from redis import Redis

from core.secrets import unseal
from core.tenancy import TenantRef, platform_context, tenant_context
from shared_apps.users.models import Mail, User
from tests.conftest import HostClient
from tests.support.factories.users import PASSWORD, make_user
from tests.support.twins import Twins


@pytest.fixture(autouse=True)
def _nothing_counted(twins: Twins, settings: Any) -> None:
    """Limits of an earlier test do not count in this one."""
    redis = Redis.from_url(settings.REDIS_URL)
    for scope in (f"t:{twins.first.uuid}", f"t:{twins.second.uuid}", "platform"):
        keys = list(redis.scan_iter(match=f"*{scope}:*"))
        if keys:
            redis.delete(*keys)


@pytest.fixture
def inside(tenant: TenantRef) -> Iterator[TenantRef]:
    """The first twin, entered for the whole test; requests run in a context of their own all the same."""
    with tenant_context(tenant):
        yield tenant


@pytest.fixture
def on_platform(db: None) -> Iterator[None]:
    """The platform's context for the whole test."""
    with platform_context():
        yield


@pytest.fixture
def ada(inside: TenantRef) -> User:
    """An administrator of the first twin."""
    return make_user("ada@example.org", name="Ada")


@pytest.fixture
def bob(inside: TenantRef) -> User:
    """A member of the first twin."""
    return make_user("bob@example.org", name="Bob", roles=["member"])


@pytest.fixture
def client(tenant: TenantRef, client_for: Callable[..., HostClient]) -> HostClient:
    """A browser at the first twin's host."""
    return client_for(tenant)


@pytest.fixture
def sign_in(client: HostClient) -> Callable[[User], HostClient]:
    """Sign a person in through the page; the browser with their session."""

    def enter(user: User) -> HostClient:
        answer = client.post("/account/sign-in/", {"login": user.email, "password": PASSWORD})
        assert answer.status_code == 302, answer.content
        return client

    return enter


@pytest.fixture
def mail_to() -> Callable[[str], list[dict[str, str]]]:
    """What waits for a recipient in the current schema, oldest first, opened."""

    def read(recipient: str) -> list[dict[str, str]]:
        waiting = Mail.objects.filter(recipient=recipient).order_by("id")
        return [json.loads(unseal(mail.sealed, field="users_mail.sealed")) | {"kind": mail.kind} for mail in waiting]

    return read


def link_in(mail: dict[str, str]) -> str:
    """The one link of a mail."""
    (link,) = re.findall(r"https?://\S+", mail["body"])
    return link


def path_in(mail: dict[str, str]) -> str:
    """The path and query of a mail's one link."""
    return re.sub(r"^https?://[^/]+", "", link_in(mail))


def bearer(token: Any) -> dict[str, str]:
    """The header of a credential."""
    return {"Authorization": f"Bearer {token}"}


NEW_PASSWORD = "another-long-phrase"
SIGN_IN = "/account/sign-in/"


def login(client: HostClient, email: str = "ada@example.org", password: str = PASSWORD, **more: str) -> Any:
    """Send the sign-in page's form."""
    return client.post(SIGN_IN, {"login": email, "password": password, **more})


def signed_in(client: HostClient) -> bool:
    """Whether the browser's session is a person's."""
    return client.get("/people/account/").status_code == 200
