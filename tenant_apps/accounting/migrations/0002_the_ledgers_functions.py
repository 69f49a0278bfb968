from pathlib import Path

from django.db import migrations

from core.tenancy.operations import in_schema

SQL = Path(__file__).parent / "sql"
FILES = ("guards", "facts", "post", "post_many", "holds", "later")
TABLES = ("journalline", "accountbalance", "daytotal", "numberseries", "closingnumber", "hold", "holdending")
DROP_FUNCTIONS = """
    DO $each$ DECLARE one record; BEGIN
        FOR one IN SELECT oid::regprocedure AS name FROM pg_catalog.pg_proc
            WHERE pronamespace = '@schema@'::regnamespace AND proname LIKE 'accounting\\_%'
        LOOP EXECUTE 'DROP FUNCTION ' || one.name || ' CASCADE'; END LOOP;
    END $each$;
"""
GRANTS = [f"GRANT INSERT, UPDATE, DELETE ON @schema@.accounting_{table} TO @schema@;" for table in TABLES]


class Migration(migrations.Migration):
    dependencies = [("accounting", "0001_ledger"), ("events", "0001_outbox"), ("proofs", "0002_leaves_are_final")]

    operations = [
        in_schema(
            "".join(
                (SQL / f"{name}.sql").read_text() for name in ("guards", "facts", "post", "post_many", "holds", "later")
            ),
            reverse="\n".join([DROP_FUNCTIONS, *GRANTS]),
        )
    ]
