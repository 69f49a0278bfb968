import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import core.clock
import core.ids
from core.tenancy.operations import writable_while_read_only


class Migration(migrations.Migration):
    """What is demanded of everybody who signs in, and who did."""

    dependencies = [("users", "0005_invitation_roles")]

    operations = [
        migrations.CreateModel(
            name="SignInPolicy",
            fields=[
                ("id", models.PositiveSmallIntegerField(default=1, editable=False, primary_key=True, serialize=False)),
                (
                    "two_factor",
                    models.CharField(
                        choices=[
                            ("nobody", "Nobody; everybody may set one up"),
                            ("administrators", "Whoever manages people and roles"),
                            ("everybody", "Everybody"),
                        ],
                        default="nobody",
                        max_length=20,
                        verbose_name="two-factor sign-in is needed by",
                    ),
                ),
                ("grace_until", models.DateField(blank=True, null=True, verbose_name="from the day after")),
                (
                    "session_hours",
                    models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="a sign-in lasts"),
                ),
                ("changed_at", models.DateTimeField(default=core.clock.now, editable=False)),
            ],
            options={
                "verbose_name": "sign-in policy",
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("id", 1)), name="users_signinpolicy_only_one"),
                    models.CheckConstraint(
                        condition=models.Q(("two_factor__in", ["nobody", "administrators", "everybody"])),
                        name="users_signinpolicy_two_factor_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("session_hours", None), ("session_hours__range", (1, 336)), _connector="OR"
                        ),
                        name="users_signinpolicy_session_hours",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="SignIn",
            fields=[
                ("id", models.UUIDField(default=core.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ("at", models.DateTimeField(default=core.clock.now, editable=False, verbose_name="time")),
                ("email", models.CharField(blank=True, max_length=254, verbose_name="e-mail address")),
                ("succeeded", models.BooleanField(verbose_name="succeeded")),
                ("method", models.CharField(blank=True, max_length=60, verbose_name="method")),
                (
                    "reason",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("password", "Wrong password or unknown address"),
                            ("code", "Wrong code"),
                            ("disabled", "The person is disabled"),
                        ],
                        max_length=20,
                        verbose_name="reason",
                    ),
                ),
                ("address", models.GenericIPAddressField(null=True, verbose_name="address")),
                ("user_agent", models.CharField(blank=True, max_length=200, verbose_name="device")),
                (
                    "user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="sign_ins",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "sign-in",
                "verbose_name_plural": "sign-ins",
                "ordering": ["-id"],
                "indexes": [models.Index(fields=["user", "-id"], name="users_signin_by_user")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("reason", ""), ("succeeded", True)),
                            models.Q(("succeeded", False), models.Q(("reason", ""), _negated=True)),
                            _connector="OR",
                        ),
                        name="users_signin_reason",
                    )
                ],
            },
        ),
        # Who signs in while the tenant is read-only stands in the history as well.
        writable_while_read_only("users_signin", privileges="INSERT"),
    ]
