import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import caches
from PIL import Image

from core.actor import Actor
from core.tenancy import TenantRef, directory, tenant_context
from shared_apps.tenants.branding.selectors import Draft, draft_of
from shared_apps.tenants.branding.services import brand_publish, draft_change
from tests.conftest import HostClient
from tests.support.factories.users import PASSWORD, make_user
from tests.support.storage import stored_in

ADA = Actor(kind="user", id="ada", label="Ada")


@pytest.fixture(autouse=True)
def _own_files(tmp_path: Path) -> Iterator[None]:
    with stored_in(tmp_path):
        yield


@pytest.fixture
def now_of() -> Callable[[TenantRef], TenantRef]:
    """The organisation as the next request finds it."""

    def look(tenant: TenantRef) -> TenantRef:
        directory().forget()
        return directory().by_uuid(tenant.uuid)

    return look


@pytest.fixture
def change(now_of: Callable[[TenantRef], TenantRef]) -> Callable[..., Draft]:
    """Change settings of an organisation's draft."""

    def make(tenant: TenantRef, **changes: Any) -> Draft:
        found = now_of(tenant)
        return draft_change(tenant=found, changes=changes, version=draft_of(found).version, actor=ADA)

    return make


@pytest.fixture
def publish(change: Callable[..., Draft], now_of: Callable[[TenantRef], TenantRef]) -> Callable[..., TenantRef]:
    """Publish a brand with these settings; the organisation as the next request finds it."""

    def make(tenant: TenantRef, **changes: Any) -> TenantRef:
        draft = change(tenant, **changes)
        brand_publish(tenant=now_of(tenant), version=draft.version, actor=ADA)
        return now_of(tenant)

    return make


@pytest.fixture
def sign_in(client_for: Callable[..., HostClient]) -> Callable[..., HostClient]:
    """A browser at an organisation's host, signed in as somebody with a role."""

    def enter(tenant: TenantRef, role: str = "tenant_admin") -> HostClient:
        email = f"{role}@{tenant.slug}.example"
        with tenant_context(tenant):
            make_user(email, name=role, roles=[role])
            caches["tenant"].clear()
        client = client_for(tenant)
        answer = client.post("/account/sign-in/", {"login": email, "password": PASSWORD})
        assert answer.status_code == 302, answer.content
        return client

    return enter


@pytest.fixture
def picture() -> Callable[..., bytes]:
    """An uploaded file."""

    def make(size: tuple[int, int] = (64, 64), colour: str = "#123456", format: str = "PNG", **options: Any) -> bytes:
        stream = io.BytesIO()
        Image.new("RGB", size, colour).save(stream, format, **options)
        return stream.getvalue()

    return make
