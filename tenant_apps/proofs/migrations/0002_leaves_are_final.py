from pathlib import Path

from django.db import migrations

from core.tenancy.operations import in_schema

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("proofs", "0001_leaves")]

    operations = [
        in_schema(
            (SQL / "leaves.sql").read_text(),
            reverse="""
                DROP TRIGGER proofs_leaf_final ON @schema@.proofs_leaf;
                DROP TRIGGER proofs_leaf_not_emptied ON @schema@.proofs_leaf;
                DROP FUNCTION @schema@.proofs_leaf_refuse();
                GRANT INSERT, UPDATE, DELETE ON @schema@.proofs_leaf TO @schema@;
            """,
        )
    ]
