from collections.abc import Callable, Iterator
from contextvars import Context
from typing import Any

import pytest
from django.conf import settings
from django.core.cache import caches
from django.core.management import call_command
from django.db import connections
from django.test import Client
from redis import Redis

from core.tenancy import TenantRef, directory
from shared_apps.tenants.invalidation import stop_listening
from tests.support.cleaning import clean_database
from tests.support.twins import Twins, make_twins


class HostClient(Client):
    """A browser at one host. Each request runs in an empty context, as it would in the server."""

    def request(self, **request: Any) -> Any:
        return Context().run(super().request, **request)


@pytest.fixture(scope="session")
def twins(django_db_setup: Twins) -> Twins:
    return django_db_setup


@pytest.fixture(scope="session")
def django_db_setup(django_db_blocker: Any) -> Iterator[Twins]:
    """A fresh database with the platform's tables, the template and two organisations."""
    name = settings.DATABASES["default"]["NAME"]
    assert name.startswith("test_"), f"Tests never touch {name}."
    with django_db_blocker.unblock():
        _drop_database(name)
        call_command("database", "prepare", verbosity=0)
        call_command("migrate", verbosity=0)
        twins = make_twins()
        clean_database(kept_schemas=(twins.first.schema, twins.second.schema))
        connections.close_all()
    yield twins
    stop_listening()
    with django_db_blocker.unblock():
        connections.close_all()


def _drop_database(name: str) -> None:
    import psycopg2
    from psycopg2.sql import SQL, Identifier

    connection = psycopg2.connect(settings.DATABASES["default"]["ADMIN_URL"])
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(Identifier(name)))
    connection.close()


@pytest.fixture
def tenant(db: None, twins: Twins) -> TenantRef:
    """The first twin; what the test writes is rolled back."""
    return twins.first


@pytest.fixture
def other_tenant(db: None, twins: Twins) -> TenantRef:
    """The second twin, alike to the last id."""
    return twins.second


@pytest.fixture
def committed(twins: Twins, django_db_blocker: Any) -> Iterator[Twins]:
    """The twins for a test that commits, or works on several connections; everything is emptied afterwards."""
    with django_db_blocker.unblock():
        try:
            yield twins
        finally:
            connections.close_all()
            clean_database(kept_schemas=(twins.first.schema, twins.second.schema))
            connections.close_all()


@pytest.fixture
def client_for() -> Callable[..., HostClient]:
    """A browser at a tenant's host, or at the platform's."""

    def make(site: TenantRef | str, **options: Any) -> HostClient:
        host = settings.PLATFORM_HOST if site == "platform" else site.primary_host
        return HostClient(headers={"host": host}, **options)

    return make


@pytest.fixture(autouse=True)
def _nothing_remembered(request: pytest.FixtureRequest) -> None:
    directory().forget()
    caches["platform"].clear()
    with Redis.from_url(settings.REDIS_URL) as redis:
        if spent := list(redis.scan_iter(match="rate:*")):
            redis.unlink(*spent)
