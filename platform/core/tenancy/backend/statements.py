"""What a statement's text gives away before it is sent. The role is the lock; here a mistake gets its name."""

import re
from typing import Any

from psycopg2.sql import Composable

from core.tenancy.context import PLATFORM_SCHEMA, TENANT_SCHEMA, Scope
from core.tenancy.errors import ForeignSchema, StatementRefused

# Values are parameters, so what stands in the text is code: the beginning tells what kind of statement it is.
_DATA = re.compile(
    r"[\s(]*(SELECT|INSERT|UPDATE|DELETE|WITH|VALUES|MERGE|COPY|TRUNCATE|EXPLAIN|LOCK|SHOW"
    r"|SAVEPOINT|RELEASE|SET\s+CONSTRAINTS|SET\s+LOCAL\s+\w+_timeout)\b",
    re.IGNORECASE,
)
_BACK_TO_SAVEPOINT = re.compile(r"\s*ROLLBACK\s+TO\b", re.IGNORECASE)
# Functions that run SQL which they are given as text, and the one that sets a session's role.
_SUSPECT = ("_to_xml", "ts_stat", "ts_rewrite", "set_config")
_RUNS_TEXT = re.compile(r'(?<![a-z0-9_])([a-z]+_to_xml[a-z_]*|ts_stat|ts_rewrite|set_config)"?\s*\(')
_PUBLIC = re.compile(rf'\b{PLATFORM_SCHEMA}"?\s*\.')
_IDENTIFIER = frozenset("abcdefghijklmnopqrstuvwxyz0123456789_")


def text_of(statement: Any, cursor: Any) -> str:
    """A statement as text: psycopg2 also takes bytes and composed SQL."""
    if isinstance(statement, Composable):
        return statement.as_string(cursor)
    return statement.decode() if isinstance(statement, bytes) else str(statement)


def keeps_session(sql: str) -> bool:
    """Whether role and search path are certainly unchanged after a statement."""
    return _DATA.match(sql) is not None


def leads_back(sql: str) -> bool:
    """Whether a statement returns to a savepoint."""
    return _BACK_TO_SAVEPOINT.match(sql) is not None


def examine(sql: str, scope: Scope) -> None:
    """Raise StatementRefused or ForeignSchema for a statement that the application has no reason to send."""
    if not keeps_session(sql) and not leads_back(sql):
        raise StatementRefused("The application reads and writes rows; the session and the tables are not its own.")
    if ";" in sql and ";" in sql.rstrip().removesuffix(";"):
        raise StatementRefused("One statement at a time; values are parameters.")
    lowered = sql.lower()
    if any(name in lowered for name in _SUSPECT) and _RUNS_TEXT.search(lowered):
        raise StatementRefused("The statement calls a function that runs other statements, or changes the session.")
    _refuse_foreign(lowered, scope)


def _refuse_foreign(lowered: str, scope: Scope) -> None:
    for found in TENANT_SCHEMA.finditer(lowered):
        if found[0] != scope.schema and _is_whole(lowered, *found.span()):
            raise ForeignSchema("The statement names a schema that is not the context's.")
    if 'u&"' in lowered or "u&'" in lowered:
        raise ForeignSchema("The statement spells a name in Unicode escapes.")
    if not scope.is_platform and PLATFORM_SCHEMA in lowered and _PUBLIC.search(lowered):
        raise ForeignSchema("The statement names the platform's schema.")


def _is_whole(text: str, start: int, end: int) -> bool:
    before, after = text[start - 1 : start], text[end : end + 1]
    return before not in _IDENTIFIER and after not in _IDENTIFIER
