"""The first lock: which tenant, or the platform, the running code acts for. Without an answer every query raises."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any
from uuid import UUID

from django.db import connections

from core.tenancy.errors import ContextSwitchInTransaction, NoContext, NoTenant
from core.tenancy.lifecycle import TenantState, writable

PLATFORM_SCHEMA = "public"
PLATFORM_ROLE = "livery_platform"
PLATFORM_CELL = "default"


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
    options: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))

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
    """The session that the database must be in: compared as a whole, so two equal scopes share a connection's state."""

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


_PLATFORM = Scope(key="platform", cell=PLATFORM_CELL, schema=PLATFORM_SCHEMA, role=PLATFORM_ROLE)
_scope: ContextVar[Scope | None] = ContextVar("livery_scope", default=None)


def current_scope() -> Scope | None:
    """The entered scope, or None."""
    return _scope.get()


def require_scope() -> Scope:
    """The entered scope; raises NoContext where there is none."""
    scope = _scope.get()
    if scope is None:
        raise NoContext("Enter tenant_context(…) or platform_context() before touching the database, a cache or files.")
    return scope


def current_tenant() -> TenantRef:
    """The entered tenant; raises NoTenant in the platform's context and NoContext without one."""
    tenant = require_scope().tenant
    if tenant is None:
        raise NoTenant("This needs a tenant, but the context is the platform's.")
    return tenant


def scope_key() -> str:
    """`t:<uuid>:<epoch>` or `platform`: what keys, signatures and locks are bound to."""
    return require_scope().key


@contextmanager
def tenant_context(tenant: TenantRef, *, read_only: bool | None = None) -> Iterator[TenantRef]:
    """Act for one tenant; `read_only` takes the role that cannot write, and is implied by the tenant's state.

    Raises ContextSwitchInTransaction where a transaction of another context is open.
    """
    held = read_only or not writable(tenant.state) and tenant.state == TenantState.READ_ONLY
    scope = Scope(
        key=f"t:{tenant.uuid}:{tenant.epoch}",
        cell=tenant.cell,
        schema=tenant.schema,
        role=tenant.read_only_role if held else tenant.role,
        read_only=bool(held),
        tenant=tenant,
    )
    with entered(scope):
        yield tenant


@contextmanager
def platform_context() -> Iterator[None]:
    """Act for the platform: its registry, its people, its trail.

    Raises ContextSwitchInTransaction where a transaction of a tenant is open.
    """
    with entered(_PLATFORM):
        yield


@contextmanager
def entered(scope: Scope) -> Iterator[None]:
    """Enter a scope and leave it again, also after an error; the one place where the context changes."""
    if scope != _scope.get():
        _refuse_open_transactions()
    token = _scope.set(scope)
    try:
        yield
    finally:
        _scope.reset(token)


def has_open_transaction(connection: Any) -> bool:
    """Whether a transaction is open that would commit; a test's own enclosing one spans contexts and never does."""
    return any(not getattr(block, "_from_testcase", False) for block in connection.atomic_blocks)


def _refuse_open_transactions() -> None:
    if any(has_open_transaction(connection) for connection in connections.all(initialized_only=True)):
        raise ContextSwitchInTransaction(
            "Leave the transaction before entering another context: enter the context first, then atomic()."
        )
