"""A fingerprint of a schema's tables, indexes, constraints, functions, triggers, sequences and grants."""

from collections.abc import Mapping, Sequence
from typing import Any

# Definitions name their schema, and grants its roles; both are taken out, so that equal schemas have equal lines.
_LINES = """
WITH wanted AS (
    SELECT oid, nspname FROM pg_catalog.pg_namespace WHERE nspname = ANY(%(schemas)s)
), relation AS (
    SELECT c.oid, c.relname, c.relkind, c.relacl, w.nspname
    FROM pg_catalog.pg_class c JOIN wanted w ON w.oid = c.relnamespace
), line AS (
    SELECT nspname, format('relation %%s %%s %%s', relname, relkind, (
        SELECT string_agg(acl, ',' ORDER BY acl) FROM unnest(relacl::text[]) AS acl
    )) AS text
    FROM relation WHERE relkind IN ('r', 'v', 'm', 'S', 'p')
    UNION ALL
    SELECT r.nspname, format(
        'column %%s.%%s %%s not null %%s identity %%s generated %%s collation %%s default %%s grants %%s',
        r.relname, a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity,
        a.attgenerated, a.attcollation, pg_catalog.pg_get_expr(d.adbin, d.adrelid), a.attacl
    )
    FROM relation r
    JOIN pg_catalog.pg_attribute a ON a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped
    LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = r.oid AND d.adnum = a.attnum
    WHERE r.relkind IN ('r', 'v', 'm', 'p')
    UNION ALL
    SELECT r.nspname, format(
        'constraint %%s %%s %%s valid %%s', r.relname, k.conname, pg_catalog.pg_get_constraintdef(k.oid), k.convalidated
    )
    FROM relation r JOIN pg_catalog.pg_constraint k ON k.conrelid = r.oid
    UNION ALL
    SELECT r.nspname, format('index %%s valid %%s', pg_catalog.pg_get_indexdef(i.indexrelid), i.indisvalid)
    FROM relation r JOIN pg_catalog.pg_index i ON i.indrelid = r.oid
    UNION ALL
    SELECT r.nspname, format('trigger %%s enabled %%s', pg_catalog.pg_get_triggerdef(t.oid), t.tgenabled)
    FROM relation r JOIN pg_catalog.pg_trigger t ON t.tgrelid = r.oid AND NOT t.tgisinternal
    UNION ALL
    SELECT w.nspname, format('function %%s grants %%s', pg_catalog.pg_get_functiondef(p.oid), p.proacl)
    FROM wanted w JOIN pg_catalog.pg_proc p ON p.pronamespace = w.oid AND p.prokind IN ('f', 'p')
    UNION ALL
    SELECT r.nspname, format(
        'sequence %%s %%s start %%s increment %%s from %%s to %%s cycle %%s',
        r.relname, pg_catalog.format_type(s.seqtypid, NULL), s.seqstart, s.seqincrement, s.seqmin, s.seqmax, s.seqcycle
    )
    FROM relation r JOIN pg_catalog.pg_sequence s ON s.seqrelid = r.oid
), plain AS (
    SELECT nspname, replace(replace(text, nspname || '.', ''), nspname, '@') AS text FROM line
)
"""
_FINGERPRINT = (
    _LINES
    + """
SELECT nspname, encode(sha256(convert_to(string_agg(text, E'\\n' ORDER BY text COLLATE "C"), 'UTF8')), 'hex')
FROM plain GROUP BY nspname
"""
)
_DIFFERENCE = (
    _LINES
    + """
SELECT text, bool_or(nspname = %(left)s) AS in_left FROM plain
GROUP BY text HAVING count(DISTINCT nspname) = 1 ORDER BY text COLLATE "C"
"""
)


def shapes(cursor: Any, schemas: Sequence[str]) -> Mapping[str, str]:
    """The fingerprints (SHA-256, hex) of these schemas; one that does not exist is missing from the answer."""
    cursor.execute(_FINGERPRINT, {"schemas": list(schemas)})
    return dict(cursor.fetchall())


def shape(cursor: Any, schema: str) -> str:
    """The fingerprint of one schema, empty for one that does not exist."""
    return shapes(cursor, [schema]).get(schema, "")


def differences(cursor: Any, *, expected: str, found: str) -> list[str]:
    """What one schema lacks (`- …`) and has too much (`+ …`) compared with another."""
    cursor.execute(_DIFFERENCE, {"schemas": [expected, found], "left": expected})
    return [f"{'-' if in_expected else '+'} {text}" for text, in_expected in cursor.fetchall()]
