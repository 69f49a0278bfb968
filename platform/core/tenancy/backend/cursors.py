from collections.abc import Iterator
from typing import Any

from django.db.backends.utils import CursorDebugWrapper, CursorWrapper

from core.tenancy.backend.statements import examine, keeps_session, text_of
from core.tenancy.context import current_scope
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
        return self._send(super().execute, sql, params, escaped=params is not None)

    def executemany(self, sql: Any, param_list: Any) -> Any:
        return self._send(super().executemany, sql, param_list, escaped=True)

    def _send(self, send: Any, sql: Any, params: Any, *, escaped: bool) -> Any:
        statement = self._examined(sql)
        scope = current_scope()
        prefix = self.db.bring_session(scope)
        try:
            result = send(f"{prefix.replace('%', '%%') if escaped else prefix}{statement}", params)
            self.db.was_sent(scope)
            return result
        finally:
            if not keeps_session(statement):
                self.db.forget_session()

    def _examined(self, sql: Any) -> str:
        self._require_scope()
        statement = text_of(sql, self.cursor)
        if not self.db.is_owner and self.scope is not None:
            examine(statement, self.scope)
        return statement

    def copy_expert(self, sql: Any, file: Any, size: int = 8192) -> Any:
        """COPY in the cursor's scope; behind a transaction pooler it needs a transaction, which carries the session."""
        statement = self._examined(sql)
        if self.db.is_pooled:
            if not self.db.in_atomic_block:
                raise TenancyError("Behind a transaction pooler, COPY needs atomic().")
            self.execute("SELECT 1")
        else:
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
