from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

import pytest

from core.tenancy import TenantRef, tenant_context
from shared_apps.users.models import User
from tests.conftest import HostClient
from tests.support.factories.users import PASSWORD, make_api_key, make_user

_numbers = count(1)


@pytest.fixture
def inside(tenant: TenantRef) -> Iterator[TenantRef]:
    """The test runs in the first twin's context."""
    with tenant_context(tenant):
        yield tenant


@pytest.fixture
def person(inside: TenantRef) -> Callable[..., User]:
    """A new person of the first twin with these roles."""

    def make(*roles: str) -> User:
        return make_user(f"{'-'.join(roles)}-{next(_numbers)}@example.org", roles=roles)

    return make


@pytest.fixture
def browser(inside: TenantRef, client_for: Callable[..., HostClient]) -> Callable[[User], HostClient]:
    """A browser in which a person has signed in."""

    def enter(user: User) -> HostClient:
        # Each from an address of its own, as sign-ins are counted by address.
        client = client_for(inside, REMOTE_ADDR=f"2001:db8:{next(_numbers):x}::1")
        assert client.post("/account/sign-in/", {"login": user.email, "password": PASSWORD}).status_code == 302
        return client

    return enter


@pytest.fixture
def program(inside: TenantRef, client_for: Callable[..., HostClient]) -> Callable[[User], Callable[..., Any]]:
    """A program with a person's API key: calls `(method, path, body)` of the REST API."""

    def enter(user: User) -> Callable[..., Any]:
        client, headers = client_for(inside), {"Authorization": f"Bearer {make_api_key(user).text}"}

        def call(method: str, path: str, body: Any = None) -> Any:
            sent = {} if method == "get" else {"data": body or {}, "content_type": "application/json"}
            return getattr(client, method)(f"/api/v1/{path}", headers=headers, **sent)

        return call

    return enter
