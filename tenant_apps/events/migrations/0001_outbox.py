from pathlib import Path

import django.db.models.deletion
import django.db.models.functions.datetime
import django.db.models.lookups
from django.db import migrations, models

import core.clock
import core.ids

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="OutboxEvent",
            fields=[
                ("id", models.UUIDField(default=core.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ("sequence", models.BigIntegerField(db_default=0, editable=False)),
                ("kind", models.CharField(max_length=100)),
                ("subject_id", models.CharField(max_length=64)),
                ("payload", models.JSONField(db_default=models.Value({}, models.JSONField()), default=dict)),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), default=core.clock.now),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[("pending", "Waiting"), ("dispatched", "Delivered"), ("dead", "Given up")],
                        db_default="pending",
                        default="pending",
                        max_length=16,
                    ),
                ),
                ("attempts", models.PositiveSmallIntegerField(db_default=0, default=0)),
                (
                    "next_attempt_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), default=core.clock.now),
                ),
                ("dispatched_at", models.DateTimeField(blank=True, null=True)),
                ("last_error", models.TextField(blank=True, db_default="", default="")),
            ],
            options={
                "verbose_name": "event",
                "ordering": ["-sequence"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("state", "pending")), fields=["next_attempt_at"], name="events_due"
                    ),
                    models.Index(
                        condition=models.Q(("state", "pending")),
                        fields=["subject_id", "sequence"],
                        name="events_open_by_subject",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("sequence",), name="events_sequence"),
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["pending", "dispatched", "dead"])), name="events_state"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("kind", ""), _negated=True), models.Q(("subject_id", ""), _negated=True)
                        ),
                        name="events_kind_and_subject",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("dispatched_at__isnull", False), ("state", "dispatched")),
                            models.Q(models.Q(("state", "dispatched"), _negated=True), ("dispatched_at__isnull", True)),
                            _connector="OR",
                        ),
                        name="events_dispatched_at",
                    ),
                    models.CheckConstraint(
                        condition=django.db.models.lookups.Exact(
                            models.Func("payload", function="jsonb_typeof", output_field=models.TextField()),
                            models.Value("object"),
                        ),
                        name="events_payload_object",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="EventDelivery",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "event_id", "subscriber", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("subscriber", models.CharField(max_length=100)),
                (
                    "delivered_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), default=core.clock.now),
                ),
                (
                    "event",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="deliveries",
                        to="events.outboxevent",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "event deliveries",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("subscriber", ""), _negated=True), name="events_subscriber_given"
                    )
                ],
            },
        ),
        migrations.RunSQL(
            sql=(SQL / "outbox_sequence.sql").read_text(),
            reverse_sql="ALTER TABLE events_outboxevent ALTER COLUMN sequence DROP IDENTITY",
        ),
    ]
