from collections.abc import Iterator
from typing import Any

from django.db.backends.utils import CursorDebugWrapper, CursorWrapper

from core.tenancy.backend.statements import examine, keeps_session, leads_back, text_of
from core.tenancy.context import Scope, current_scope
from core.tenancy.errors import CrossedContext, TenancyError

# They send statements that nobody could look at: execute() and copy_expert() do the same.
_UNSEEN = frozenset({"copy_from", "copy_to"})


class ScopedCursor(CursorWrapper):
    """A cursor that works in the scope in which it was opened, and in no other."""

    def __init__(self, cursor: Any, db: Any) -> None:
        super().__init__(cursor, db)
        self.scope = current_scope()

    def _require_scope(self) -> None:
        scope = current_scope()
        if scope is not self.scope and scope != self.scope:
            raise CrossedContext("A cursor was opened in one context and used in another.")

    def __getattr__(self, name: str) -> Any:
        if name in _UNSEEN:
            raise TenancyError(f"Use execute() or copy_expert() instead of {name}().")
        if name != "close":
            self._require_scope()
        return super().__getattr__(name)

    def callproc(self, *args: Any, **kwargs: Any) -> Any:
        """Refused, as it cannot be looked at before it is sent."""
        raise TenancyError("Use execute() instead of callproc().")

    def execute(self, sql: Any, params: Any = None) -> Any:
        return super().execute(self._examined(sql), params)

    def executemany(self, sql: Any, param_list: Any) -> Any:
        return super().executemany(self._examined(sql), param_list)

    def _examined(self, sql: Any) -> str:
        self._require_scope()
        statement = text_of(sql, self.cursor)
        if not self.db.is_owner and self.scope is not None:
            examine(statement, self.scope)
        return statement

    def _execute(self, sql: str, params: Any, *ignored: Any) -> Any:
        return self._send(super()._execute, sql, params)  # type: ignore[misc]

    def _executemany(self, sql: str, param_list: Any, *ignored: Any) -> Any:
        return self._send(super()._executemany, sql, param_list, is_many=True)  # type: ignore[misc]

    def _send(self, send: Any, sql: str, params: Any, *, is_many: bool = False) -> Any:
        """Send a statement behind what sets its session. Wrappers and logs outside of here know it by itself."""
        scope = current_scope()
        prefix = self._prefix(sql, scope)
        try:
            result = send(f"{prefix if params is None else prefix.replace('%', '%%')}{sql}", params)
            # Many values are many messages, each with the prefix, or none at all.
            if prefix and not is_many:
                self.db.was_sent(scope)
            return result
        finally:
            if not keeps_session(sql):
                self.db.forget_session()

    def _prefix(self, sql: str, scope: Scope | None) -> str:
        if leads_back(sql):
            # After an error the way back is all that the server still takes, whatever the session.
            return ""
        if self.cursor.name is not None or self.db.is_owner:
            # A cursor on the server is one statement, and some of the owner's must be alone in their message.
            self.db.bring_session(scope)
            return ""
        prefix: str = self.db.session_prefix(scope)
        return prefix

    def copy_expert(self, sql: Any, file: Any, size: int = 8192) -> Any:
        """COPY in the cursor's scope; behind a transaction pooler it needs a transaction, which carries the session."""
        statement = self._examined(sql)
        if self.db.is_pooled and not self.db.in_atomic_block:
            raise TenancyError("Behind a transaction pooler, COPY needs atomic().")
        self.db.bring_session(current_scope())
        with self.db.wrap_database_errors:
            return self.cursor.copy_expert(statement, file, size)

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
