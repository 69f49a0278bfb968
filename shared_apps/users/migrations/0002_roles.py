from django.db import migrations

_TENANT = """
INSERT INTO users_role (id, code, name, is_system, permissions, created_at)
SELECT id::uuid, code, name, true, '{}', now() FROM (VALUES
    ('019a0000-0000-7000-8000-000000000001', 'tenant_admin', 'Administrator'),
    ('019a0000-0000-7000-8000-000000000002', 'firm_admin', 'Firm administrator'),
    ('019a0000-0000-7000-8000-000000000003', 'cfo', 'Chief financial officer'),
    ('019a0000-0000-7000-8000-000000000004', 'accountant', 'Accountant'),
    ('019a0000-0000-7000-8000-000000000005', 'staff', 'Staff'),
    ('019a0000-0000-7000-8000-000000000006', 'reviewer', 'Reviewer'),
    ('019a0000-0000-7000-8000-000000000007', 'member', 'Member')
) AS role (id, code, name) WHERE current_schema() <> 'public'
"""
_PLATFORM = """
INSERT INTO users_role (id, code, name, is_system, permissions, created_at)
SELECT id::uuid, code, name, true, '{}', now() FROM (VALUES
    ('019a0000-0000-7000-8000-000000000101', 'platform_admin', 'Platform administrator'),
    ('019a0000-0000-7000-8000-000000000102', 'support', 'Support')
) AS role (id, code, name) WHERE current_schema() = 'public'
"""


class Migration(migrations.Migration):
    dependencies = [("users", "0001_people")]

    operations = [
        migrations.RunSQL(
            sql=[_TENANT, _PLATFORM],
            reverse_sql="DELETE FROM users_role WHERE is_system",
        ),
    ]
