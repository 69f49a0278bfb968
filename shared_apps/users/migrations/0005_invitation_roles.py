import django.db.models.deletion
import django.db.models.functions.text
from django.db import migrations, models

import core.ids

_COPY = """
INSERT INTO users_invitationrole (id, invitation_id, role_id)
SELECT gen_random_uuid(), id, role_id FROM users_invitation
"""


class Migration(migrations.Migration):
    """An invitation may bring several roles, and no two roles have one name."""

    dependencies = [("users", "0004_saved_views")]

    operations = [
        migrations.CreateModel(
            name="InvitationRole",
            fields=[
                ("id", models.UUIDField(default=core.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                (
                    "invitation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="users.invitation"
                    ),
                ),
                (
                    "role",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="users.role"),
                ),
            ],
            options={
                "verbose_name": "role of an invitation",
                "constraints": [
                    models.UniqueConstraint(fields=("invitation", "role"), name="users_invitationrole_once")
                ],
            },
        ),
        migrations.RunSQL(sql=_COPY, reverse_sql=migrations.RunSQL.noop),
        migrations.RemoveField(model_name="invitation", name="role"),
        migrations.AddField(
            model_name="invitation",
            name="roles",
            field=models.ManyToManyField(
                related_name="invitations", through="users.InvitationRole", to="users.role", verbose_name="roles"
            ),
        ),
        migrations.AddConstraint(
            model_name="role",
            constraint=models.UniqueConstraint(
                django.db.models.functions.text.Lower("name"), name="users_role_name_unique"
            ),
        ),
    ]
