import django.db.models.functions.datetime
import django.db.models.lookups
from django.db import migrations, models

import core.clock


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Leaf",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("fact_id", models.UUIDField()),
                ("commitment", models.BinaryField(max_length=32)),
                ("salt", models.BinaryField(max_length=16, null=True)),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), default=core.clock.now),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("fact_id",), name="proofs_leaf_fact"),
                    models.CheckConstraint(
                        condition=django.db.models.lookups.Exact(
                            models.Func("commitment", function="octet_length", output_field=models.IntegerField()), 32
                        ),
                        name="proofs_leaf_length",
                    ),
                ],
            },
        ),
    ]
