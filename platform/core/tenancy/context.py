"""The first lock: which tenant, or the platform, the running code acts for. Without an answer every query raises."""

import re
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, TypeVar
from uuid import UUID

from django.db import connections

from core.tenancy.errors import ContextSwitchInTransaction, CrossedContext, NoContext, NoTenant
from core.tenancy.lifecycle import TenantState

PLATFORM_SCHEMA = "public"
PLATFORM_ROLE = "livery_platform"
PLATFORM_CELL = "default"
# The owner's connection stays the role that it logged in as.
OWNER_ROLE = "none"
_Value = TypeVar("_Value")
# Opaque names make a foreign schema recognisable in any statement.
TENANT_SCHEMA = re.compile(r"t_[0-9a-z]{20}")


@dataclass(frozen=True, slots=True)
class TenantRef:
    """What a request or task needs to know of a tenant, read from the registry before the context is entered."""

    uuid: UUID
    slug: str
    name: str
    schema: str
    cell: str
    epoch: int
    state: TenantState
    template_step: int
    key_generation: int
    primary_host: str
    options: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}), hash=False)

    @property
    def role(self) -> str:
        """The PostgreSQL role with rights on this tenant's schema alone."""
        return self.schema

    @property
    def read_only_role(self) -> str:
        """The PostgreSQL role that may read this tenant's schema, and sign people in, but change nothing else."""
        return f"{self.schema}_ro"


@dataclass(frozen=True, slots=True)
class Scope:
    """For whom the code acts, and the session that the database must be in for that."""

    key: str
    cell: str
    schema: str
    role: str
    read_only: bool = False
    tenant: TenantRef | None = field(default=None, compare=False)

    @property
    def is_platform(self) -> bool:
        """Whether this is the platform's own schema."""
        return self.schema == PLATFORM_SCHEMA

    @property
    def is_owner(self) -> bool:
        """Whether the code acts as the owner of the tables, for a migration, provisioning or deletion."""
        return self.role == OWNER_ROLE


# All entered scopes, the outermost first: leaving one in the wrong order is noticed.
_entered: ContextVar[tuple[Scope, ...]] = ContextVar("livery_scopes", default=())


def current_scope() -> Scope | None:
    """The entered scope, or None."""
    scopes = _entered.get()
    return scopes[-1] if scopes else None


def require_scope() -> Scope:
    """The entered scope; raises NoContext where there is none."""
    scopes = _entered.get()
    if not scopes:
        raise NoContext("Enter tenant_context(…) or platform_context() before touching the database, a cache or files.")
    return scopes[-1]


def current_tenant() -> TenantRef:
    """The entered tenant; raises NoTenant in the platform's context and NoContext without one."""
    tenant = require_scope().tenant
    if tenant is None:
        raise NoTenant("This needs a tenant, but the context is the platform's.")
    return tenant


def scope_key() -> str:
    """`t:<uuid>:<epoch>` or `platform`: what keys, signatures and locks are bound to."""
    return require_scope().key


def tenant_context(tenant: TenantRef, *, read_only: bool | None = None) -> AbstractContextManager[TenantRef]:
    """Act for one tenant; `read_only` takes the role that cannot write, and is implied by the tenant's state.

    Raises NoTenant for one without a schema, and ContextSwitchInTransaction where a transaction is open.
    """
    if not TENANT_SCHEMA.fullmatch(tenant.schema):
        raise NoTenant(f"{tenant.slug} has no schema: it is not provisioned yet, or gone.")
    held = bool(read_only) or tenant.state == TenantState.READ_ONLY
    scope = Scope(
        key=f"t:{tenant.uuid}:{tenant.epoch}",
        cell=tenant.cell,
        schema=tenant.schema,
        role=tenant.read_only_role if held else tenant.role,
        read_only=held,
        tenant=tenant,
    )
    return entered(scope, tenant)


def platform_context() -> AbstractContextManager[None]:
    """Act for the platform: its registry, its people, its trail.

    Raises ContextSwitchInTransaction where a transaction of a tenant is open.
    """
    return entered(Scope(key="platform", cell=PLATFORM_CELL, schema=PLATFORM_SCHEMA, role=PLATFORM_ROLE), None)


@contextmanager
def entered(scope: Scope, value: _Value) -> Iterator[_Value]:
    """Enter a scope and leave it again, also after an error; the one place where the context changes.

    Each entry takes a scope of its own, so a connection can tell this entry from an earlier one of the same tenant.
    """
    outer = _entered.get()
    switches = not outer or outer[-1] != scope
    if switches and any(map(_is_open, {outer[-1].cell if outer else PLATFORM_CELL, scope.cell})):
        raise ContextSwitchInTransaction("Enter the context first, then atomic(): a transaction has one context.")
    _entered.set((*outer, scope))
    try:
        yield value
    finally:
        was_open = switches and _is_open(scope.cell)
        _leave(scope)
        if was_open:
            raise ContextSwitchInTransaction("Leave atomic() before its context: its commit would run in another one.")


def _leave(scope: Scope) -> None:
    scopes = _entered.get()
    place = next((index for index in reversed(range(len(scopes))) if scopes[index] is scope), None)
    if place is not None:
        _entered.set(scopes[:place])
    if place is None or place != len(scopes) - 1:
        raise CrossedContext("Contexts were left in another order than entered: a generator kept one open.")


def has_open_transaction(connection: Any) -> bool:
    """Whether a transaction is open that would commit; a test's own enclosing one spans contexts and never does."""
    if connection.in_atomic_block:
        return not all(getattr(block, "_from_testcase", False) for block in connection.atomic_blocks)
    return connection.connection is not None and not connection.autocommit


def _is_open(cell: str) -> bool:
    return has_open_transaction(connections[cell])
