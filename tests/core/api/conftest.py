from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

import pytest
from django.test import Client
from hypothesis import settings as hypothesis_settings

from core import permissions
from core.api import limiter, openapi
from core.tenancy import TenantRef, TenantState, platform_context, tenant_context
from core.tenancy.backend.base import owner_context
from tests.core.api import shelf

# A loaded machine may take long over one example.
hypothesis_settings.register_profile("patient", deadline=None)
hypothesis_settings.load_profile("patient")


@pytest.fixture(autouse=True)
def _shelf(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    """The shelf's routes and actions, only while these tests run, and nothing left of the test before."""
    monkeypatch.setattr(permissions, "_actions", {})
    shelf.register_actions()
    settings.ROOT_URLCONF = settings.TENANT_URLCONF = settings.PLATFORM_URLCONF = "tests.core.api.urls"
    monkeypatch.setattr(shelf.EchoView, "calls", [])
    monkeypatch.setattr(shelf.EchoView, "outcome", None)
    monkeypatch.setattr(openapi, "_described", {})
    shelf.announced.clear()
    limiter._client(settings.REDIS_URL).flushdb()


@pytest.fixture
def api(settings: Any) -> Iterator[Client]:
    """A client that reaches the kernel alone, in the platform's context and without a database."""
    settings.MIDDLEWARE = ["core.web.request_id.RequestIdMiddleware"]
    with platform_context():
        yield Client(raise_request_exception=False)


@pytest.fixture(scope="module")
def shelves(twins: Any, django_db_blocker: Any) -> Iterator[None]:
    """The books' table in both organisations, taken away again so that their shape is the template's."""
    with django_db_blocker.unblock():
        _for_each_twin(twins, lambda editor: editor.create_model(shelf.Book))
    yield
    with django_db_blocker.unblock():
        _for_each_twin(twins, lambda editor: editor.delete_model(shelf.Book))


def _for_each_twin(twins: Any, change: Callable[[Any], None]) -> None:
    for twin in (twins.first, twins.second):
        with owner_context(cell=twin.cell, schema=twin.schema) as owner, owner.schema_editor() as editor:
            change(editor)


@pytest.fixture
def library(tenant: TenantRef, shelves: None, settings: Any) -> Iterator[Client]:
    """The same in the first twin's context, with its books."""
    settings.MIDDLEWARE = ["core.web.request_id.RequestIdMiddleware"]
    with tenant_context(tenant):
        yield Client(raise_request_exception=False)


@pytest.fixture
def ref() -> Callable[..., TenantRef]:
    """An organisation that no registry knows, for what needs no database."""

    def make(state: TenantState = TenantState.ACTIVE, **options: Any) -> TenantRef:
        return TenantRef(
            uuid=UUID("0192f000-0000-7000-8000-000000000001"),
            slug="riverbank",
            name="Riverbank Trust",
            schema="t_00000000000000000001",
            cell="default",
            epoch=1,
            state=state,
            template_step=1,
            key_generation=1,
            primary_host="riverbank.localhost",
            options=options,
        )

    return make
