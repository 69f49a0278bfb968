import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

import core.ids


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("tenants", "0003_brand"),
    ]

    operations = [
        migrations.CreateModel(
            name="Heartbeat",
            fields=[
                ("queue", models.CharField(max_length=20, primary_key=True, serialize=False)),
                ("sent_at", models.DateTimeField()),
                ("heard_at", models.DateTimeField()),
                ("worker", models.CharField(max_length=200)),
            ],
        ),
        migrations.CreateModel(
            name="TenantMeasure",
            fields=[
                ("size_bytes", models.PositiveBigIntegerField()),
                ("table_count", models.PositiveIntegerField()),
                ("people_count", models.PositiveIntegerField()),
                ("waiting", models.PositiveIntegerField()),
                ("failed", models.PositiveIntegerField()),
                ("oldest_waiting_at", models.DateTimeField(null=True)),
                ("by_backlog", models.JSONField(default=dict)),
                ("measured_at", models.DateTimeField()),
                (
                    "tenant",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="measure",
                        serialize=False,
                        to="tenants.tenant",
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="FleetOrder",
            fields=[
                ("id", models.UUIDField(default=core.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("migrate", "Migrate the fleet"),
                            ("verify", "Verify all schemas"),
                            ("warm", "Fill the warm pool"),
                        ],
                        max_length=8,
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "Waiting"),
                            ("running", "Running"),
                            ("done", "Done"),
                            ("failed", "Failed"),
                        ],
                        default="waiting",
                        max_length=8,
                    ),
                ),
                ("arguments", models.JSONField(default=dict)),
                ("result", models.JSONField(default=dict)),
                ("error", models.TextField(blank=True)),
                ("requested_by", models.TextField()),
                ("requested_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("queued_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("started_at", models.DateTimeField(null=True)),
                ("finished_at", models.DateTimeField(null=True)),
            ],
            options={
                "ordering": ["-id"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["waiting", "running", "done", "failed"])),
                        name="console_order_state",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("state__in", ["waiting", "running"])),
                        fields=("kind",),
                        name="console_order_one_open",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="DayMeasure",
            fields=[
                ("size_bytes", models.PositiveBigIntegerField()),
                ("table_count", models.PositiveIntegerField()),
                ("people_count", models.PositiveIntegerField()),
                ("waiting", models.PositiveIntegerField()),
                ("failed", models.PositiveIntegerField()),
                ("oldest_waiting_at", models.DateTimeField(null=True)),
                ("by_backlog", models.JSONField(default=dict)),
                ("measured_at", models.DateTimeField()),
                ("id", models.UUIDField(default=core.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ("day", models.DateField()),
                (
                    "tenant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="measured_days", to="tenants.tenant"
                    ),
                ),
            ],
            options={
                "ordering": ["-day"],
                "indexes": [models.Index(fields=["day"], name="console_day")],
                "constraints": [models.UniqueConstraint(fields=("tenant", "day"), name="console_day_once")],
            },
        ),
    ]
