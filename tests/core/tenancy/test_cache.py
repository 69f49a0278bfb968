from collections.abc import Iterator
from dataclasses import replace

import pytest
from django.core.cache import caches
from redis import Redis

from core.tenancy import TenantRef, platform_context, tenant_context
from core.tenancy.cache import context_key, platform_key, tenant_key
from core.tenancy.errors import NoContext, NoTenant
from tests.support.twins import Twins

ALIASES = ("tenant", "default")


@pytest.fixture(autouse=True)
def _empty(twins: Twins) -> Iterator[None]:
    yield
    for tenant in (twins.first, twins.second):
        with tenant_context(tenant):
            caches["tenant"].clear()


@pytest.fixture
def first(twins: Twins) -> TenantRef:
    return twins.first


@pytest.fixture
def second(twins: Twins) -> TenantRef:
    return twins.second


@pytest.mark.parametrize("alias", ALIASES)
def test_what_one_tenant_keeps_the_other_does_not_find(alias: str, first: TenantRef, second: TenantRef):
    cache = caches[alias]
    with tenant_context(first):
        cache.set("figure", 1)
        cache.set_many({"a": 1, "b": 2})
    with tenant_context(second):
        assert cache.get("figure") is None
        assert cache.get_or_set("figure", 2) == 2
        assert cache.get_many(["a", "b"]) == {}
        assert not cache.has_key("a")
        with pytest.raises(ValueError, match="not found"):
            cache.incr("a")
        assert not cache.touch("a")
        assert cache.add("a", 5)
        cache.delete_many(["a", "b"])
        assert not cache.delete("b")
    with tenant_context(first):
        assert cache.get("figure") == 1
        assert cache.get_many(["a", "b"]) == {"a": 1, "b": 2}
        assert cache.incr("a") == 2


def test_the_keys_say_whose_they_are(first: TenantRef):
    with tenant_context(first):
        expected = f"t:{first.uuid}:{first.epoch}:1:figure"
        assert tenant_key("figure", "", 1) == context_key("figure", "", 1) == expected
        assert caches["tenant"].make_key("figure") == expected
        assert platform_key("figure", "", 1) == "platform:1:figure"
    with platform_context():
        assert context_key("figure", "", 1) == "platform:1:figure"


def test_a_new_life_of_a_tenant_begins_with_an_empty_cache(first: TenantRef):
    with tenant_context(first):
        caches["tenant"].set("figure", 1)
    with tenant_context(replace(first, epoch=first.epoch + 1)):
        assert caches["tenant"].get("figure") is None


def test_a_tenants_cache_needs_a_tenant(first: TenantRef):
    with pytest.raises(NoContext):
        caches["tenant"].get("figure")
    with pytest.raises(NoContext):
        caches["default"].get("figure")
    with platform_context(), pytest.raises(NoTenant):
        caches["tenant"].get("figure")


def test_the_platforms_cache_is_the_same_from_everywhere(first: TenantRef):
    caches["platform"].set("figure", 1)
    with tenant_context(first):
        assert caches["platform"].get("figure") == 1


def test_clearing_takes_away_ones_own_and_nothing_else(first: TenantRef, second: TenantRef, settings):
    server = Redis.from_url(settings.REDIS_URL)
    server.set("a queue", "its task")
    caches["platform"].set("figure", 1)
    for tenant in (first, second):
        with tenant_context(tenant):
            caches["tenant"].set_many({f"figure-{number}": number for number in range(2100)})
    with tenant_context(first):
        caches["tenant"].clear()
        assert caches["tenant"].get("figure-7") is None
    with tenant_context(second):
        assert caches["tenant"].get("figure-2099") == 2099
    assert caches["platform"].get("figure") == 1
    assert not list(server.scan_iter(f"t:{first.uuid}:*"))
    assert server.getdel("a queue") == b"its task"
