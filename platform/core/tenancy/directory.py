from collections.abc import Collection, Iterator
from functools import cache
from typing import Protocol
from uuid import UUID

from django.conf import settings
from django.utils.module_loading import import_string

from core.tenancy.context import TenantRef
from core.tenancy.lifecycle import SERVING, TenantState


class Directory(Protocol):
    """Where tenants are looked up; the registry implements it."""

    def by_host(self, host: str) -> TenantRef | None:
        """The tenant that answers on a normalised host, whatever its state."""

    def by_uuid(self, uuid: UUID) -> TenantRef:
        """The tenant with this uuid, whatever its state; raises TenantGone."""

    def refs(self, states: Collection[TenantState] = SERVING) -> Iterator[TenantRef]:
        """All tenants in these states, in order of creation."""

    def required_step(self) -> int | None:
        """The step of the template that this code needs; None while the template lags behind the code."""


@cache
def directory() -> Directory:
    """The installed directory of tenants."""
    implementation: Directory = import_string(settings.TENANT_DIRECTORY)()
    return implementation
