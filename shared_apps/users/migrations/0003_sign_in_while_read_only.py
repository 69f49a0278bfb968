from django.db import migrations

from core.tenancy.operations import writable_while_read_only


class Migration(migrations.Migration):
    """People of a read-only tenant may sign in and out, and their programs go on reading."""

    dependencies = [
        ("users", "0002_roles"),
        ("sessions", "0001_initial"),
        ("mfa", "0003_authenticator_type_uniq"),
        ("usersessions", "0001_initial"),
    ]

    operations = [
        writable_while_read_only("django_session"),
        writable_while_read_only("usersessions_usersession"),
        writable_while_read_only("mfa_authenticator", privileges="UPDATE (data, last_used_at)"),
        writable_while_read_only("users_user", privileges="UPDATE (last_login)"),
        writable_while_read_only("users_apikey", privileges="UPDATE (last_used_at)"),
        writable_while_read_only("users_tokenfamily", privileges="INSERT, UPDATE"),
        writable_while_read_only("users_refreshtoken", privileges="INSERT, UPDATE"),
    ]
