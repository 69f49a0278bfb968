import django.db.models.functions.datetime
from django.db import migrations, models

import core.clock


class Migration(migrations.Migration):
    dependencies = [
        ("jobs", "0001_runs_and_records"),
    ]

    operations = [
        migrations.AddField(
            model_name="taskrun",
            name="queued_at",
            field=models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), default=core.clock.now),
        ),
    ]
