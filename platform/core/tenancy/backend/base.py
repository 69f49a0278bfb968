"""The second and third lock: a search path of one schema and a role with rights on that schema alone."""

import select
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.contrib.contenttypes.models import ContentTypeManager
from django.db.backends.postgresql.introspection import DatabaseIntrospection
from django.db.backends.postgresql.operations import DatabaseOperations
from django_tenants.postgresql_backend import base as django_tenants
from psycopg2.extensions import TRANSACTION_STATUS_INERROR

from core.tenancy.backend.cells import connections
from core.tenancy.backend.cursors import ScopedCursor, ScopedDebugCursor
from core.tenancy.context import (
    OWNER_ROLE,
    TENANT_SCHEMA,
    Scope,
    current_scope,
    entered,
    has_open_transaction,
    require_scope,
)
from core.tenancy.errors import ContextSwitchInTransaction, CrossedContext, OwnerUnavailable, TenancyError
from core.tenancy.router import require_own

__all__ = ["TENANT_SCHEMA", "DatabaseWrapper", "Operations", "owner_context"]

# Where a session stands that nobody acts for: tables are neither found nor allowed.
_NOWHERE = "pg_catalog"


def _never_remembered(manager: ContentTypeManager, using: str, content_type: Any) -> None:
    """Content types have other ids in each schema, and Django would keep them for the whole process."""


ContentTypeManager._add_to_cache = _never_remembered  # type: ignore[attr-defined]


class Operations(DatabaseOperations):
    compiler_module = "core.tenancy.backend.compiler"

    def bulk_batch_size(self, fields: Sequence[Any], objs: Collection[Any]) -> int:
        """Asked before each bulk statement, with the instances that it is about."""
        for instance in objs:
            require_own(instance)
        size: int = super().bulk_batch_size(fields, objs)
        return size


class DatabaseWrapper(django_tenants.DatabaseWrapper):
    """PostgreSQL through django-tenants, with the session derived from the context and from nothing else."""

    ops_class = Operations

    def __init__(self, settings_dict: dict[str, Any], alias: str = "default", *, owner: bool = False) -> None:
        self.is_owner = owner
        self._applied: Scope | None = None
        super().__init__(settings_dict, alias)
        # Django's own: with one schema in the path it sees that schema, and sets no path of its own.
        self.introspection = DatabaseIntrospection(self)

    @property
    def schema_name(self) -> str | None:
        """The schema of the current context; django-tenants' registry models ask for it."""
        scope = current_scope()
        return scope.schema if scope else None

    @schema_name.setter
    def schema_name(self, value: str | None) -> None:
        """The context alone decides; the parent class assigns a default while it is constructed."""

    def set_tenant(self, tenant: Any, include_public: bool = True) -> None:
        """Refused: a schema is chosen by entering a context, never on a connection."""
        raise TenancyError("Use core.tenancy.tenant_context(…) or platform_context().")

    def set_schema(self, schema_name: str, include_public: bool = True, tenant_type: Any = None) -> None:
        """Refused: a schema is chosen by entering a context, never on a connection."""
        raise TenancyError("Use core.tenancy.tenant_context(…) or platform_context().")

    def set_schema_to_public(self) -> None:
        """The parent class's default: a connection starts with no schema at all."""

    def get_connection_params(self) -> dict[str, Any]:
        params: dict[str, Any] = super().get_connection_params()
        if self.is_owner:
            params |= {"user": self.settings_dict["OWNER"]["USER"], "password": self.settings_dict["OWNER"]["PASSWORD"]}
        if not self.is_pooled:
            options = {"search_path": _NOWHERE, **self._timeouts()}
            given = [f"-c {name}={value}" for name, value in options.items()]
            params["options"] = " ".join(filter(None, [params.get("options"), *given]))
        return params

    def _timeouts(self) -> dict[str, int]:
        timeouts = {
            "lock_timeout": settings.DATABASE_LOCK_MILLISECONDS,
            "idle_in_transaction_session_timeout": settings.DATABASE_IDLE_MILLISECONDS,
        }
        if not self.is_owner:
            timeouts["statement_timeout"] = settings.DATABASE_STATEMENT_MILLISECONDS
        return timeouts

    @property
    def pg_version(self) -> int:
        """The server's version, read from the connection, so that connecting needs no context."""
        self.ensure_connection()
        version: int = self.connection.server_version
        return version

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        self._applied = None
        return super().get_new_connection(conn_params)

    def is_usable(self) -> bool:
        """Whether the connection works: a server that ended it has said so, which takes no round trip to find out."""
        usable: bool = not self.connection.closed and (not _has_news(self.connection) or super().is_usable())
        return usable

    def close(self) -> None:
        self._applied = None
        super().close()

    def _commit(self) -> None:
        # One that fails rolls back what was set, and so does one after an error, which the server takes as a rollback.
        is_kept = not self.is_pooled and not self._is_in_error()
        applied, self._applied = self._applied, None
        super()._commit()
        if is_kept:
            self._applied = applied

    def _rollback(self) -> None:
        # What was set in a transaction is undone with it.
        self._applied = None
        super()._rollback()

    def savepoint_rollback(self, sid: str) -> None:
        try:
            super().savepoint_rollback(sid)
        finally:
            self._applied = None

    def check_constraints(self, table_names: Sequence[str] | None = None) -> None:
        """Check deferred constraints in whatever context, as the end of a test's transaction has none."""
        with self.connection.cursor() as raw, self.wrap_database_errors:
            raw.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")

    def make_cursor(self, cursor: Any) -> ScopedCursor:
        return ScopedCursor(cursor, self)

    def make_debug_cursor(self, cursor: Any) -> ScopedCursor:
        return ScopedDebugCursor(cursor, self)

    def chunked_cursor(self) -> Any:
        """A cursor on the server, but an ordinary one behind a pooler, where the next chunk may ask another server."""
        return self.cursor() if self.is_pooled else super().chunked_cursor()

    def _cursor(self, name: str | None = None) -> Any:
        scope = require_scope()
        if scope.cell != self.alias:
            raise CrossedContext(f"The context's cell is {scope.cell}, but the query was sent to {self.alias}.")
        if scope.is_owner != self.is_owner:
            raise CrossedContext("The owner's connection and context go together: enter no other context in between.")
        return super()._cursor(name=name)

    def _handle_search_path(self, cursor: Any = None) -> None:
        """The parent sets a path when a cursor is opened; here each statement makes sure of its own session."""

    @property
    def is_pooled(self) -> bool:
        """Whether each transaction may reach another server connection, so that nothing can be kept on one."""
        return bool(settings.DATABASE_POOLER == "transaction")

    def session_role(self, scope: Scope | None) -> str:
        """The role of a scope's session; without one the login role, which may do nothing."""
        return OWNER_ROLE if scope is None or self.is_owner else self.ops.quote_name(scope.role)

    def session_path(self, scope: Scope | None) -> str:
        """The search path of a scope's session: its schema alone, so a missing table is an error."""
        return _NOWHERE if scope is None else self.ops.quote_name(scope.schema)

    def session_prefix(self, scope: Scope | None) -> str:
        """What to send in front of a statement, in the same message, so that the session is that of a scope.

        Several statements in one message are one transaction, so a statement never runs without its session, and
        behind a pooler what was set locally cannot outlive it.
        """
        if self.connection is None or self.connection.closed:
            return ""
        if self.is_pooled:
            is_set = self.in_atomic_block and self._applied is scope
        else:
            is_set = self._applied is scope and self._is_reported(scope)
        if is_set:
            return ""
        # Unless the message succeeds nobody knows.
        self._applied = None
        return self._session_statements(scope)

    def was_sent(self, scope: Scope | None) -> None:
        """Told after a statement succeeded with its prefix: the session, or the pooled transaction, is the scope's."""
        if not self.is_pooled or self.in_atomic_block:
            self._applied = scope

    def bring_session(self, scope: Scope | None) -> None:
        """Set the session now: for what cannot be sent behind other statements."""
        if statements := self.session_prefix(scope):
            with self.wrap_database_errors, self.connection.cursor() as raw:
                raw.execute(statements)
            self.was_sent(scope)

    def forget_session(self) -> None:
        """Told after a statement that may have changed or rolled back role or path."""
        self._applied = None

    def _is_in_error(self) -> bool:
        if self.connection is None:
            return False
        status: int = self.connection.get_transaction_status()
        return status == TRANSACTION_STATUS_INERROR

    def _is_reported(self, scope: Scope | None) -> bool:
        # From PostgreSQL 18 on the server itself tells of each change of the path, also of one by a rollback.
        reported = self.connection.get_parameter_status("search_path")
        return reported is None or reported == self.session_path(scope).replace('"', "")

    def _session_statements(self, scope: Scope | None) -> str:
        # SET, unlike set_config(), cannot be part of a query, and the role is set with no right but membership.
        path, role = self.session_path(scope), self.session_role(scope)
        if not self.is_pooled:
            return f"SET search_path = {path}; SET ROLE {role}; "
        limits = "".join(f"SET LOCAL {name} = {value}; " for name, value in self._timeouts().items())
        return f"{limits}SET LOCAL search_path = {path}; SET LOCAL ROLE {role}; "


def _has_news(connection: Any) -> bool:
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN)
    return bool(poll.poll(0))


@contextmanager
def owner_context(*, cell: str, schema: str) -> Iterator[DatabaseWrapper]:
    """Act in one schema as the role that owns its tables: for migrations, provisioning and deletion only.

    Opens a connection of its own and restores the application's at the end; inside of an owner's context for the same
    cell it uses that one's. Raises OwnerUnavailable in a process that was started without the owner's credentials.
    """
    scope = Scope(key=f"owner:{schema}", cell=cell, schema=schema, role=OWNER_ROLE)
    application = connections.of_cell(cell)
    if application.is_owner:
        with entered(scope, application):
            yield application
        return
    if not application.settings_dict["OWNER"]["USER"]:
        raise OwnerUnavailable("Set DATABASE_OWNER_URL in processes that create or change tenants' tables.")
    if has_open_transaction(application):
        raise ContextSwitchInTransaction("Leave the transaction before acting as the owner of the tables.")
    owner = DatabaseWrapper({**application.settings_dict}, cell, owner=True)
    connections[cell] = owner
    try:
        with entered(scope, owner):
            yield owner
    finally:
        connections[cell] = application
        owner.close()
