from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.cache import caches

from core.actor import Actor
from core.tenancy import TenantRef, directory, tenant_context
from shared_apps.organisation import services
from shared_apps.users.actors import person_actor
from shared_apps.users.selectors import user_get
from tests.conftest import HostClient
from tests.support.factories.users import make_user


@pytest.fixture(autouse=True)
def _nothing_kept(monkeypatch: pytest.MonkeyPatch, tenant: TenantRef, other_tenant: TenantRef) -> Iterator[None]:
    monkeypatch.setattr(services, "_currency_guards", [])
    yield
    for each in (tenant, other_tenant):
        with tenant_context(each):
            caches["tenant"].clear()


@pytest.fixture
def now_of() -> Callable[[TenantRef], TenantRef]:
    """The organisation as the next request finds it."""

    def look(tenant: TenantRef) -> TenantRef:
        directory().forget()
        return directory().by_uuid(tenant.uuid)

    return look


@pytest.fixture
def ada(tenant: TenantRef) -> Actor:
    """An administrator of the first twin."""
    with tenant_context(tenant):
        return person_actor(make_user("ada@example.org", name="Ada"))


@pytest.fixture
def browser(client_for: Callable[..., HostClient]) -> Callable[..., HostClient]:
    """A browser at an organisation's host, signed in as somebody with a role."""

    def enter(tenant: TenantRef, role: str = "tenant_admin") -> HostClient:
        client = client_for(tenant)
        with tenant_context(tenant):
            client.force_login(user_get(make_user(f"{role}@{tenant.slug}.example", roles=[role]).pk))
        return client

    return enter


@pytest.fixture
def update(ada: Actor, now_of: Callable[[TenantRef], TenantRef], django_capture_on_commit_callbacks: Any) -> Any:
    """Change details of an organisation as its administrator does, with what follows the commit."""

    def change(tenant: TenantRef, **changes: Any) -> Any:
        with django_capture_on_commit_callbacks(execute=True), tenant_context(now_of(tenant)):
            return services.organisation_update(actor=ada, changes=changes)

    return change
