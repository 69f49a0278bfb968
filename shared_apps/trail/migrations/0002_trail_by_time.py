import django.contrib.postgres.indexes
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("trail", "0001_trail"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="trailentry",
            index=django.contrib.postgres.indexes.BrinIndex(autosummarize=True, fields=["at"], name="trail_by_time"),
        ),
    ]
