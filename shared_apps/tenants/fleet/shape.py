"""A fingerprint of a schema's tables, indexes, constraints, views, types, functions, triggers, sequences and grants.

It is the same on every server: it holds no object number, nobody's name but the tenant's roles', and nothing that the
newest PostgreSQL alone reports.
"""

from collections.abc import Mapping, Sequence
from typing import Any

# Definitions name their schema, and grants its roles; both are taken out, so that equal schemas have equal lines.
# What is in a schema is asked of pg_depend, by its index: the other catalogs would be read whole, for all tenants.
_LINES = """
WITH wanted AS (
    SELECT oid, nspname, nspowner, nspacl FROM pg_catalog.pg_namespace WHERE nspname = ANY(%s)
), member AS MATERIALIZED (
    SELECT d.classid, d.objid, w.nspname, w.nspowner
    FROM wanted w JOIN pg_catalog.pg_depend d ON d.refclassid = 'pg_namespace'::regclass AND d.refobjid = w.oid
), relation AS MATERIALIZED (
    SELECT c.oid, c.relname, c.relkind, c.relpersistence, c.relrowsecurity, c.relowner, c.relacl, m.nspname, m.nspowner
    FROM member m JOIN pg_catalog.pg_class c ON c.oid = m.objid AND m.classid = 'pg_class'::regclass
), line AS (
    SELECT nspname, format('schema grants %%s', {schema_grants}) AS text FROM wanted
    UNION ALL
    SELECT nspname, format(
        'relation %%s %%s %%s row security %%s own %%s grants %%s',
        relname, relkind, relpersistence, relrowsecurity, relowner = nspowner, {relation_grants}
    )
    FROM relation WHERE relkind IN ('r', 'v', 'm', 'S', 'p')
    UNION ALL
    SELECT r.nspname, format(
        'column %%s.%%s %%s not null %%s identity %%s generated %%s collation %%s default %%s grants %%s',
        r.relname, a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity,
        a.attgenerated, l.collname, pg_catalog.pg_get_expr(d.adbin, d.adrelid), {column_grants}
    )
    FROM relation r
    JOIN pg_catalog.pg_attribute a ON a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped
    LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = r.oid AND d.adnum = a.attnum
    LEFT JOIN pg_catalog.pg_collation l ON l.oid = a.attcollation
    WHERE r.relkind IN ('r', 'v', 'm', 'p')
    UNION ALL
    SELECT r.nspname, format(
        'constraint %%s %%s %%s valid %%s', r.relname, k.conname, pg_catalog.pg_get_constraintdef(k.oid), k.convalidated
    )
    FROM relation r JOIN pg_catalog.pg_constraint k ON k.conrelid = r.oid AND k.contype <> 'n'
    UNION ALL
    SELECT r.nspname, format('index %%s valid %%s', pg_catalog.pg_get_indexdef(i.indexrelid), i.indisvalid)
    FROM relation r JOIN pg_catalog.pg_index i ON i.indrelid = r.oid
    UNION ALL
    SELECT nspname, format('view %%s %%s', relname, pg_catalog.pg_get_viewdef(oid))
    FROM relation WHERE relkind IN ('v', 'm')
    UNION ALL
    SELECT r.nspname, format('trigger %%s enabled %%s', pg_catalog.pg_get_triggerdef(t.oid), t.tgenabled)
    FROM relation r JOIN pg_catalog.pg_trigger t ON t.tgrelid = r.oid AND NOT t.tgisinternal
    UNION ALL
    SELECT m.nspname, format(
        'function %%s own %%s grants %%s',
        pg_catalog.pg_get_functiondef(p.oid), p.proowner = m.nspowner, {function_grants}
    )
    FROM member m
    JOIN pg_catalog.pg_proc p ON p.oid = m.objid AND m.classid = 'pg_proc'::regclass AND p.prokind IN ('f', 'p')
    UNION ALL
    SELECT m.nspname, format('type %%s %%s %%s', t.typname, t.typtype, (
        SELECT string_agg(e.enumlabel, ',' ORDER BY e.enumsortorder) FROM pg_catalog.pg_enum e WHERE e.enumtypid = t.oid
    ))
    FROM member m
    JOIN pg_catalog.pg_type t ON t.oid = m.objid AND m.classid = 'pg_type'::regclass AND t.typtype IN ('d', 'e')
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
# What the owner may do goes without saying.
_GRANTS = """CASE WHEN {acl} IS NULL THEN NULL ELSE (
    SELECT string_agg(format('%%s %%s %%s', g.name, g.privilege_type, g.is_grantable), ','
        ORDER BY g.name COLLATE "C", g.privilege_type)
    FROM (
        SELECT replace(grantee::regrole::text, {schema}, '@') AS name, privilege_type, is_grantable
        FROM pg_catalog.aclexplode({acl}) WHERE grantee <> {owner}
    ) g
) END"""
_LINES = _LINES.format(
    schema_grants=_GRANTS.format(schema="nspname", acl="nspacl", owner="nspowner"),
    relation_grants=_GRANTS.format(schema="nspname", acl="relacl", owner="relowner"),
    column_grants=_GRANTS.format(schema="r.nspname", acl="a.attacl", owner="r.relowner"),
    function_grants=_GRANTS.format(
        schema="m.nspname", acl="coalesce(p.proacl, acldefault('f', p.proowner))", owner="p.proowner"
    ),
)
_FINGERPRINT = (
    _LINES
    + """
SELECT nspname, encode(sha256(convert_to(string_agg(text, E'\\n' ORDER BY text COLLATE "C"), 'UTF8')), 'hex')
FROM plain GROUP BY nspname
"""
)
_TEXT = _LINES + 'SELECT text FROM plain ORDER BY text COLLATE "C"'  # noqa: S608  constants


def shapes(cursor: Any, schemas: Sequence[str]) -> Mapping[str, str]:
    """The fingerprints (SHA-256, hex) of these schemas; one that does not exist is missing from the answer."""
    cursor.execute(_FINGERPRINT, [list(schemas)])
    return dict(cursor.fetchall())


def shape(cursor: Any, schema: str) -> str:
    """The fingerprint of one schema, empty for one that does not exist."""
    return shapes(cursor, [schema]).get(schema, "")


def shape_lines(cursor: Any, schema: str) -> list[str]:
    """What the fingerprint is made of, one line for each thing."""
    cursor.execute(_TEXT, [[schema]])
    return [text for (text,) in cursor.fetchall()]
