"""What a statement's text gives away before it is sent. The role is the lock; this one names the mistake."""

import re
from typing import Any

from psycopg2.sql import Composable

from core.tenancy.context import PLATFORM_SCHEMA, TENANT_SCHEMA, Scope
from core.tenancy.errors import ForeignSchema, StackedStatements

# Statements after which role and search path are what they were. Anything else may have changed or rolled them back.
_HARMLESS = frozenset(
    {"SELECT", "INSERT", "UPDATE", "DELETE", "WITH", "SAVEPOINT", "RELEASE", "COPY", "EXPLAIN", "LOCK"}
)
_TIMEOUT = re.compile(r"\s*SET\s+LOCAL\s+\w+_timeout\b", re.IGNORECASE)
_FIRST_WORD = re.compile(r"\s*([A-Za-z]+)")
_PUBLIC = re.compile(rf'\b{PLATFORM_SCHEMA}"?\s*\.')
_IDENTIFIER = frozenset("abcdefghijklmnopqrstuvwxyz0123456789_")


def text_of(statement: Any, cursor: Any) -> str:
    """A statement as text: psycopg2 also takes bytes and composed SQL."""
    if isinstance(statement, Composable):
        return statement.as_string(cursor)
    return statement.decode() if isinstance(statement, bytes) else str(statement)


def examine(sql: str, scope: Scope) -> None:
    """Raise StackedStatements for more than one statement, and ForeignSchema where another's schema is named.

    Values are parameters and never part of the text, so a semicolon in it can only begin another statement.
    """
    if ";" in sql and ";" in sql.rstrip().removesuffix(";"):
        raise StackedStatements("One statement at a time; values are parameters.")
    lowered = sql.lower()
    for found in TENANT_SCHEMA.finditer(lowered):
        if found[0] != scope.schema and _is_whole(lowered, *found.span()):
            raise ForeignSchema("The statement names a schema that is not the context's.")
    if 'u&"' in lowered or "u&'" in lowered:
        raise ForeignSchema("The statement spells a name in Unicode escapes.")
    if not scope.is_platform and PLATFORM_SCHEMA in lowered and _PUBLIC.search(lowered):
        raise ForeignSchema("The statement names the platform's schema.")


def keeps_session(sql: str) -> bool:
    """Whether role and search path are certainly unchanged after a statement."""
    word = _FIRST_WORD.match(sql)
    return word is not None and (word[1].upper() in _HARMLESS or _TIMEOUT.match(sql) is not None)


def _is_whole(text: str, start: int, end: int) -> bool:
    before, after = text[start - 1 : start], text[end : end + 1]
    return before not in _IDENTIFIER and after not in _IDENTIFIER
