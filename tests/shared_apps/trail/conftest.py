from collections.abc import Callable, Iterator
from itertools import count

import pytest

from core.tenancy import TenantRef, tenant_context
from tests.conftest import HostClient
from tests.support.factories.users import PASSWORD, make_user

_numbers = count(1)


@pytest.fixture
def inside(tenant: TenantRef) -> Iterator[TenantRef]:
    """The test runs in the first twin's context."""
    with tenant_context(tenant):
        yield tenant


@pytest.fixture
def browser(inside: TenantRef, client_for: Callable[..., HostClient]) -> Callable[..., HostClient]:
    """A browser in which a new person with these roles has signed in."""

    def enter(*roles: str) -> HostClient:
        email = f"ada-{next(_numbers)}@example.org"
        make_user(email, roles=roles)
        # Each from an address of its own, as sign-ins are counted by address.
        browser = client_for(inside, REMOTE_ADDR=f"2001:db8:a:{next(_numbers):x}::1")
        assert browser.post("/account/sign-in/", {"login": email, "password": PASSWORD}).status_code == 302
        return browser

    return enter
