from django.db import migrations

from core.tenancy.operations import append_only


class Migration(migrations.Migration):
    dependencies = [("tenants", "0001_initial")]
    operations = [append_only("tenants_statechange")]
