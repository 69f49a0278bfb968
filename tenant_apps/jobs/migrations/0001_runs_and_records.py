import django.db.models.functions.datetime
import django.db.models.lookups
from django.db import migrations, models

import core.clock
import core.ids


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="IdempotencyRecord",
            fields=[
                ("id", models.UUIDField(default=core.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ("digest", models.CharField(max_length=64)),
                ("actor", models.TextField()),
                ("route", models.TextField()),
                ("key", models.CharField(max_length=255)),
                ("fingerprint", models.CharField(max_length=64)),
                (
                    "state",
                    models.CharField(
                        choices=[("running", "Running"), ("finished", "Finished")], default="running", max_length=16
                    ),
                ),
                ("token", models.UUIDField(null=True)),
                ("lease_until", models.DateTimeField(null=True)),
                ("answer_status", models.PositiveSmallIntegerField(null=True)),
                ("answer_headers", models.JSONField(default=dict)),
                ("answer_body", models.BinaryField(null=True)),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), default=core.clock.now),
                ),
                ("finished_at", models.DateTimeField(null=True)),
            ],
            options={
                "indexes": [models.Index(fields=["created_at"], name="jobs_idempotency_age")],
                "constraints": [
                    models.UniqueConstraint(fields=("digest",), name="jobs_idempotency_digest"),
                    models.CheckConstraint(
                        condition=django.db.models.lookups.Exact(
                            models.Func("answer_headers", function="jsonb_typeof", output_field=models.TextField()),
                            models.Value("object"),
                        ),
                        name="jobs_idempotency_headers",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("answer_status__isnull", True),
                                ("lease_until__isnull", False),
                                ("state", "running"),
                                ("token__isnull", False),
                            ),
                            models.Q(
                                ("answer_body__isnull", False),
                                ("answer_status__isnull", False),
                                ("finished_at__isnull", False),
                                ("lease_until__isnull", True),
                                ("state", "finished"),
                                ("token__isnull", True),
                            ),
                            _connector="OR",
                        ),
                        name="jobs_idempotency_state",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="TaskRun",
            fields=[
                ("id", models.UUIDField(default=core.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ("kind", models.CharField(max_length=100)),
                ("arguments", models.JSONField(blank=True, default=dict)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("queued", "Waiting"),
                            ("running", "Running"),
                            ("succeeded", "Done"),
                            ("failed", "Failed"),
                            ("cancelled", "Cancelled"),
                        ],
                        default="queued",
                        max_length=16,
                    ),
                ),
                ("progress_done", models.PositiveBigIntegerField(default=0)),
                ("progress_total", models.PositiveBigIntegerField(blank=True, null=True)),
                ("progress_message", models.TextField(blank=True, default="")),
                ("checkpoint", models.JSONField(blank=True, default=dict)),
                ("result", models.JSONField(blank=True, null=True)),
                ("error", models.TextField(blank=True, default="")),
                ("requested_by_kind", models.CharField(max_length=16)),
                ("requested_by_id", models.CharField(blank=True, max_length=64)),
                ("requested_by_label", models.TextField(blank=True)),
                ("cancel_requested", models.BooleanField(default=False)),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("lease_until", models.DateTimeField(blank=True, null=True)),
                ("heartbeat_at", models.DateTimeField(blank=True, null=True)),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), default=core.clock.now),
                ),
                ("started_at", models.DateTimeField(blank=True, null=True)),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "verbose_name": "job",
                "ordering": ["-id"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("state__in", ("queued", "running"))),
                        fields=["created_at"],
                        name="jobs_run_open",
                    ),
                    models.Index(fields=["requested_by_id", "-id"], name="jobs_run_by_requester"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["queued", "running", "succeeded", "failed", "cancelled"])),
                        name="jobs_run_state",
                    ),
                    models.CheckConstraint(condition=models.Q(("kind", ""), _negated=True), name="jobs_run_kind_given"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("lease_until__isnull", False), ("started_at__isnull", False), ("state", "running")
                            ),
                            models.Q(models.Q(("state", "running"), _negated=True), ("lease_until__isnull", True)),
                            _connector="OR",
                        ),
                        name="jobs_run_leased_while_running",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("finished_at__isnull", False), ("state__in", ("succeeded", "failed", "cancelled"))
                            ),
                            models.Q(("finished_at__isnull", True), ("state__in", ("queued", "running"))),
                            _connector="OR",
                        ),
                        name="jobs_run_finished_at",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("progress_total__isnull", True),
                            ("progress_done__lte", models.F("progress_total")),
                            _connector="OR",
                        ),
                        name="jobs_run_progress",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            django.db.models.lookups.Exact(
                                models.Func("arguments", function="jsonb_typeof", output_field=models.TextField()),
                                models.Value("object"),
                            ),
                            django.db.models.lookups.Exact(
                                models.Func("checkpoint", function="jsonb_typeof", output_field=models.TextField()),
                                models.Value("object"),
                            ),
                        ),
                        name="jobs_run_objects",
                    ),
                ],
            },
        ),
    ]
