from collections.abc import Iterator
from contextvars import Context
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.test import Client

from core import permissions
from core.tenancy import tenant_context
from core.tenancy.backend.base import owner_context
from core.web import navigation, saved_views
from tests.core.api import shelf
from tests.core.web.views import bookshop

READER = "ana:shelf.view"
KEEPER = "kim:shelf.view,shelf.add,shelf.change,shelf.burn"
ACTOR_MIDDLEWARE = "shared_apps.users.middleware.ActorMiddleware"


@pytest.fixture(autouse=True)
def _bookshop(monkeypatch, settings):
    monkeypatch.setattr(permissions, "_actions", {})
    monkeypatch.setattr(navigation, "_entries", {})
    # Its readers are no rows, so nothing can be kept with them.
    monkeypatch.setattr(saved_views, "_stores", [])
    shelf.register_actions()
    settings.TENANT_URLCONF = "tests.core.web.views.bookshop"
    settings.MIDDLEWARE = [
        f"{bookshop.__name__}.HeaderActorMiddleware" if name == ACTOR_MIDDLEWARE else name
        for name in settings.MIDDLEWARE
    ]
    bookshop.performed.clear()


@pytest.fixture(scope="module")
def shelves(twins, django_db_blocker) -> Iterator[None]:
    """The books' table in both organisations."""
    with django_db_blocker.unblock():
        _change(twins, "create_model")
    yield
    with django_db_blocker.unblock():
        _change(twins, "delete_model")


def _change(twins, method):
    for twin in (twins.first, twins.second):
        with owner_context(cell=twin.cell, schema=twin.schema) as owner, owner.schema_editor() as editor:
            getattr(editor, method)(shelf.Book)


@pytest.fixture
def browse(shelves, client_for):
    """Ask a page of a tenant's bookshop as somebody."""

    def ask(tenant, url, data=None, *, who=READER, method="get", **headers):
        client: Client = client_for(tenant)
        return getattr(client, method)(url, data, headers={"X-Actor": who, **headers} if who else headers)

    return ask


@pytest.fixture
def add():
    """Put books on a tenant's shelf; the n-th was added in minute n."""

    def put(tenant, *titles, **values):
        def make():
            with tenant_context(tenant):
                return [
                    shelf.Book.objects.create(
                        title=title,
                        price=Decimal(n),
                        added=datetime(2026, 1, 1, 0, n % 60, tzinfo=UTC),
                        **values,
                    )
                    for n, title in enumerate(titles)
                ]

        return Context().run(make)

    return put


@pytest.fixture
def titles_of():
    """The titles that a tenant's shelf holds."""

    def read(tenant):
        def select():
            with tenant_context(tenant):
                return sorted(shelf.Book.objects.values_list("title", flat=True))

        return Context().run(select)

    return read
