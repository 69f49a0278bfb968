from collections.abc import Callable

import pytest

from core.tenancy import platform_context
from tests.conftest import HostClient
from tests.support.factories.users import PASSWORD, make_user


@pytest.fixture
def signed_in(db: None, client_for: Callable[..., HostClient]) -> Callable[[str | None], HostClient]:
    """A browser at the platform's host, signed in as somebody with a role, or with none."""

    def enter(role: str | None) -> HostClient:
        name = role or "nobody"
        with platform_context():
            make_user(f"{name}@platform.example", name=name.title(), roles=[role] if role else [])
        client = client_for("platform")
        answer = client.post("/account/sign-in/", {"login": f"{name}@platform.example", "password": PASSWORD})
        assert answer.status_code == 302, answer.content
        return client

    return enter
