"""Django's compilers, which let only queries through that the router sent to the current context."""

from typing import Any

from django.db.backends.postgresql import compiler

from core.tenancy.context import require_scope
from core.tenancy.errors import CrossedContext
from core.tenancy.router import require_own


class SQLCompiler(compiler.SQLCompiler):
    """Refuses an alias that was written down, as in `using("default")`, or chosen in another context."""

    def execute_sql(self, *args: Any, **kwargs: Any) -> Any:
        scope = require_scope()
        if not scope.is_owner and getattr(self.using, "scope_key", None) != scope.key:
            raise CrossedContext("The router alone chooses the database: name no alias, and keep none for later.")
        return super().execute_sql(*args, **kwargs)


class SQLInsertCompiler(SQLCompiler, compiler.SQLInsertCompiler):
    """Also refuses to insert what was loaded in another context: saving and inserting in bulk end here."""

    def execute_sql(self, *args: Any, **kwargs: Any) -> Any:
        for instance in self.query.objs:
            require_own(instance)
        return super().execute_sql(*args, **kwargs)


class SQLUpdateCompiler(SQLCompiler, compiler.SQLUpdateCompiler):
    pass


class SQLDeleteCompiler(SQLCompiler, compiler.SQLDeleteCompiler):
    pass


class SQLAggregateCompiler(SQLCompiler, compiler.SQLAggregateCompiler):
    pass
