from collections.abc import Iterator
from itertools import islice

from django.core.cache.backends.redis import RedisCache

from core.tenancy.context import current_tenant, scope_key

_BATCH = 1_000


def tenant_key(key: str, key_prefix: str, version: int | str) -> str:
    """Keys of the `tenant` cache: bound to the tenant and its epoch; raises without a tenant's context."""
    tenant = current_tenant()
    return f"t:{tenant.uuid}:{tenant.epoch}:{version}:{key}"


def platform_key(key: str, key_prefix: str, version: int | str) -> str:
    """Keys of the `platform` cache: the same from everywhere; it never holds a tenant's data."""
    return f"platform:{version}:{key}"


def context_key(key: str, key_prefix: str, version: int | str) -> str:
    """Keys of the `default` cache, which third-party code uses: bound to whatever context is entered."""
    return f"{scope_key()}:{version}:{key}"


class ScopedRedisCache(RedisCache):
    """Django's cache in Redis, whose `clear` forgets only what its caller could have put there."""

    def clear(self) -> None:
        """Forget every key of this alias and context; Django empties the whole server, with the others' keys."""
        client = self._cache.get_client(None, write=True)
        keys: Iterator[bytes] = client.scan_iter(match=self.key_func("*", self.key_prefix, "*"), count=_BATCH)
        while batch := list(islice(keys, _BATCH)):
            client.unlink(*batch)
