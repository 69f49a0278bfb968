"""The second and third lock: a search path of one schema and a role with rights on that schema alone."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.db import connections
from django.db.backends.postgresql.introspection import DatabaseIntrospection
from django.db.backends.utils import CursorDebugWrapper, CursorWrapper
from django_tenants.postgresql_backend import base as django_tenants

from core.tenancy.context import Scope, current_scope, entered, has_open_transaction, require_scope
from core.tenancy.errors import (
    ContextSwitchInTransaction,
    CrossedContext,
    ForeignSchema,
    OwnerUnavailable,
    TenancyError,
)

# Opaque names (see new_schema_name) make a foreign schema recognisable in any statement.
TENANT_SCHEMA = re.compile(r"\bt_[0-9a-z]{20}\b")
_ROLE_NONE = "none"


class ScopedCursor(CursorWrapper):
    """A cursor that works in the scope in which it was opened, and in no other."""

    def __init__(self, cursor: Any, db: "DatabaseWrapper") -> None:
        super().__init__(cursor, db)
        self.scope = current_scope()

    def _require_scope(self) -> None:
        if current_scope() != self.scope:
            raise CrossedContext("A cursor was opened in one context and used in another.")

    def __getattr__(self, name: str) -> Any:
        if name != "close":
            self._require_scope()
        return super().__getattr__(name)

    def execute(self, sql: Any, params: Any = None) -> Any:
        self._require_scope()
        prefix = self.db.session_prefix(sql, self.scope)
        if params is not None:
            prefix = prefix.replace("%", "%%")
        return super().execute(f"{prefix}{sql}" if prefix else sql, params)

    def executemany(self, sql: Any, param_list: Any) -> Any:
        self._require_scope()
        prefix = self.db.session_prefix(sql, self.scope).replace("%", "%%")
        return super().executemany(f"{prefix}{sql}" if prefix else sql, param_list)

    def copy_expert(self, sql: str, file: Any, size: int = 8192) -> Any:
        """COPY in the cursor's scope; behind a transaction pooler it needs a transaction, which carries the session."""
        self._require_scope()
        if self.db.session_prefix(sql, self.scope):
            if not self.db.in_atomic_block:
                raise TenancyError("Behind a transaction pooler, COPY needs atomic().")
            self.execute("SELECT 1")
        with self.db.wrap_database_errors:
            return self.cursor.copy_expert(sql, file, size)

    def fetchone(self) -> Any:
        self._require_scope()
        with self.db.wrap_database_errors:
            return self.cursor.fetchone()

    def fetchmany(self, *args: Any, **kwargs: Any) -> Any:
        self._require_scope()
        with self.db.wrap_database_errors:
            return self.cursor.fetchmany(*args, **kwargs)

    def fetchall(self) -> Any:
        self._require_scope()
        with self.db.wrap_database_errors:
            return self.cursor.fetchall()

    def __iter__(self) -> Iterator[Any]:
        while (row := self.fetchone()) is not None:
            yield row


class ScopedDebugCursor(CursorDebugWrapper, ScopedCursor):
    """The same cursor where queries are logged."""


class DatabaseWrapper(django_tenants.DatabaseWrapper):
    """PostgreSQL through django-tenants, with the session derived from the context and from nothing else."""

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
        params = super().get_connection_params()
        if self.is_owner:
            params |= {"user": self.settings_dict["OWNER"]["USER"], "password": self.settings_dict["OWNER"]["PASSWORD"]}
        timeouts = {
            "lock_timeout": settings.DATABASE_LOCK_MILLISECONDS,
            "idle_in_transaction_session_timeout": settings.DATABASE_IDLE_MILLISECONDS,
        }
        if not self.is_owner:
            timeouts["statement_timeout"] = settings.DATABASE_STATEMENT_MILLISECONDS
        options = [f"-c {name}={value}" for name, value in timeouts.items()]
        params["options"] = " ".join(filter(None, [params.get("options"), "-c search_path=pg_catalog", *options]))
        return params

    @property
    def pg_version(self) -> int:
        """The server's version, read from the connection, so that connecting needs no context."""
        self.ensure_connection()
        version: int = self.connection.server_version
        return version

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        self._applied = None
        return super().get_new_connection(conn_params)

    def close(self) -> None:
        self._applied = None
        super().close()

    def _rollback(self) -> Any:
        # A session-level SET is undone by the rollback of the transaction that issued it.
        self._applied = None
        return super()._rollback()

    def savepoint_rollback(self, sid: str) -> None:
        try:
            super().savepoint_rollback(sid)
        finally:
            self._applied = None

    def check_constraints(self, table_names: Sequence[str] | None = None) -> None:
        """Check deferred constraints in whatever context, as the end of a test's transaction has none."""
        with self.connection.cursor() as raw, self.wrap_database_errors:
            raw.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")

    def make_cursor(self, cursor: Any) -> CursorWrapper:
        return ScopedCursor(cursor, self)

    def make_debug_cursor(self, cursor: Any) -> CursorWrapper:
        return ScopedDebugCursor(cursor, self)

    def _cursor(self, name: str | None = None) -> Any:
        scope = require_scope()
        if scope.cell != self.alias:
            raise CrossedContext(f"The context's cell is {scope.cell}, but the query was sent to {self.alias}.")
        return super()._cursor(name=name)

    def _handle_search_path(self, cursor: Any = None) -> None:
        """Called by the parent for each cursor: bring the session to the context's role and path, if it is not."""
        scope = require_scope()
        if self._applied == scope or settings.DATABASE_POOLER == "transaction":
            return
        if self._applied is None or self._applied.schema != scope.schema:
            # Content types have other ids in the platform's schema than in a tenant's.
            ContentType.objects.clear_cache()
        with self.connection.cursor() as raw, self.wrap_database_errors:
            raw.execute(*self._session_statement(scope, local=False))
        self._applied = scope

    def session_role(self, scope: Scope) -> str:
        """The role of a scope's session; the owner stays itself."""
        return _ROLE_NONE if self.is_owner else scope.role

    def session_path(self, scope: Scope) -> str:
        """The search path of a scope's session: its schema alone, so a missing table is an error."""
        return self.ops.quote_name(scope.schema)

    def _session_statement(self, scope: Scope, *, local: bool) -> tuple[str, tuple[Any, ...]]:
        # The path is set while the role is still the login role's or a former tenant's: neither needs rights for it.
        return (
            "SELECT set_config('search_path', %s, %s), set_config('role', %s, %s)",
            (self.session_path(scope), local, self.session_role(scope), local),
        )

    def session_prefix(self, sql: Any, scope: Scope | None) -> str:
        """Refuse a statement that names another tenant's schema; behind a transaction pooler, what to send before it.

        A pooler may hand each transaction to another server connection. A message of several statements is one
        implicit transaction, so role and path that are set locally in the same message cannot outlive it.
        """
        if scope is None:
            raise CrossedContext("The cursor was opened without a context.")
        if isinstance(sql, str) and not self.is_owner:
            for name in TENANT_SCHEMA.findall(sql):
                if name != scope.schema:
                    raise ForeignSchema("The statement names a schema that is not the context's.")
        if settings.DATABASE_POOLER != "transaction" or self._applied == scope:
            return ""
        with self.connection.cursor() as raw:
            prefix: str = raw.mogrify(*self._session_statement(scope, local=True)).decode()
        if self.in_atomic_block:
            self._applied = scope
        return f"{prefix}; "

    def _commit(self) -> None:
        if settings.DATABASE_POOLER == "transaction":
            self._applied = None
        return super()._commit()


@contextmanager
def owner_context(*, cell: str, schema: str) -> Iterator[DatabaseWrapper]:
    """Act in one schema as the role that owns its tables: for migrations, provisioning and deletion only.

    Opens a connection of its own and restores the application's at the end. Raises OwnerUnavailable in a process
    that was started without the owner's credentials.
    """
    application = connections[cell]
    if not application.settings_dict["OWNER"]["USER"]:
        raise OwnerUnavailable("Set DATABASE_OWNER_URL in processes that create or change tenants' tables.")
    if has_open_transaction(application):
        raise ContextSwitchInTransaction("Leave the transaction before acting as the owner of the tables.")
    owner = DatabaseWrapper({**application.settings_dict}, cell, owner=True)
    connections[cell] = owner
    try:
        with entered(Scope(key=f"owner:{schema}", cell=cell, schema=schema, role=_ROLE_NONE)):
            yield owner
    finally:
        owner.close()
        connections[cell] = application
