import django.db.models.functions.datetime
import django.db.models.lookups
from django.db import migrations, models

import core.clock
import core.ids
from core.tenancy.operations import append_only, writable_while_read_only


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="TrailEntry",
            fields=[
                ("id", models.UUIDField(default=core.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                (
                    "at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), default=core.clock.now),
                ),
                (
                    "actor_kind",
                    models.CharField(
                        choices=[
                            ("user", "Person"),
                            ("api_key", "API key"),
                            ("system", "System"),
                            ("anonymous", "Anonymous"),
                        ],
                        max_length=16,
                    ),
                ),
                ("actor_id", models.CharField(blank=True, max_length=64)),
                ("actor_label", models.TextField(blank=True)),
                ("action", models.CharField(max_length=100)),
                ("object_type", models.CharField(max_length=100)),
                ("object_id", models.CharField(max_length=64)),
                ("object_label", models.TextField(blank=True)),
                ("summary", models.TextField(blank=True)),
                ("changes", models.JSONField(blank=True, default=dict)),
                ("address", models.GenericIPAddressField(blank=True, null=True)),
                ("request_id", models.CharField(blank=True, max_length=64)),
            ],
            options={
                "verbose_name_plural": "trail entries",
                "ordering": ["-id"],
                "indexes": [
                    models.Index(fields=["object_type", "object_id", "-id"], name="trail_by_object"),
                    models.Index(fields=["actor_id", "-id"], name="trail_by_actor"),
                    models.Index(fields=["action", "-id"], name="trail_by_action"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("actor_kind__in", ["user", "api_key", "system", "anonymous"])),
                        name="trail_actor_kind",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("action", ""), _negated=True), name="trail_action_given"
                    ),
                    models.CheckConstraint(
                        condition=django.db.models.lookups.Exact(
                            models.Func("changes", function="jsonb_typeof", output_field=models.TextField()),
                            models.Value("object"),
                        ),
                        name="trail_changes_object",
                    ),
                ],
            },
        ),
        append_only("trail_trailentry"),
        # Signing in, and support that only looks, leave a trail in a tenant that is read-only too.
        writable_while_read_only("trail_trailentry", privileges="INSERT"),
    ]
