"""Migration operations that grant and protect; they work in the platform's schema and in every tenant's alike."""

from django.db.migrations.operations import RunSQL

_ROLES = """
DO $$
DECLARE
    writer text := CASE current_schema() WHEN 'public' THEN 'livery_platform' ELSE current_schema() END;
    reader text := CASE current_schema() WHEN 'public' THEN NULL ELSE current_schema() || '_ro' END;
BEGIN
    {body}
END $$
"""


def append_only(table: str) -> RunSQL:
    """Let the application only insert into and read a table; a trigger holds it against the owner too.

    The trigger stays silent only for a session that deletes a whole tenant, which drops tables and touches no rows.
    """
    function = f"{table}_refuse_change"
    revoke = _ROLES.format(body=f"EXECUTE format('REVOKE UPDATE, DELETE, TRUNCATE ON {table} FROM %I', writer);")
    grant = _ROLES.format(body=f"EXECUTE format('GRANT UPDATE, DELETE ON {table} TO %I', writer);")
    return RunSQL(
        sql=[
            f"""
            CREATE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP
                USING ERRCODE = 'restrict_violation';
            END $$
            """,
            f"""
            CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}
            FOR EACH STATEMENT EXECUTE FUNCTION {function}()
            """,
            revoke,
        ],
        reverse_sql=[f"DROP TRIGGER {table}_append_only ON {table}", f"DROP FUNCTION {function}()", grant],
    )


def in_schema(sql: str, *, reverse: str) -> RunSQL:
    """SQL in which `@schema@` stands for the schema, as functions need it that must not depend on a search path.

    The name is put in where the statement runs, so what is recorded on the template fits every tenant. In a tenant it
    is also the name of the role that writes; `@schema@_ro` is the one that reads.
    """
    script = """
        DO $in_schema$ BEGIN
            EXECUTE replace($script${sql}$script$, '@schema@', quote_ident(current_schema()));
        END $in_schema$
    """
    return RunSQL(sql=script.replace("{sql}", sql), reverse_sql=script.replace("{sql}", reverse))


def writable_while_read_only(table: str, *, privileges: str = "INSERT, UPDATE, DELETE") -> RunSQL:
    """Let a read-only tenant's people still sign in and out: its read-only role may write this one table.

    `privileges` may name columns, as in `UPDATE (last_login)`.
    """
    grant = f"IF reader IS NOT NULL THEN EXECUTE format('GRANT {privileges} ON {table} TO %I', reader); END IF;"
    revoke = f"IF reader IS NOT NULL THEN EXECUTE format('REVOKE {privileges} ON {table} FROM %I', reader); END IF;"
    return RunSQL(sql=_ROLES.format(body=grant), reverse_sql=_ROLES.format(body=revoke))
