"""Takes away what a test committed: through a superuser, as neither the application nor the owner may."""

from typing import Any

import psycopg2
from django.conf import settings
from psycopg2.sql import SQL, Identifier, Literal

_KEPT = ("django_migrations", "users_role", "tenants_templatestep", "tenants_tenant", "tenants_domain")


def clean_database(*, kept_schemas: tuple[str, ...]) -> None:
    """Empty the tables of the platform and of the kept tenants, and drop every other tenant."""
    values = settings.DATABASES["default"]
    connection = psycopg2.connect(values["ADMIN_URL"], dbname=values["NAME"])
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute("SET LOCAL session_replication_role = replica")
            for schema in ("public", *kept_schemas):
                _empty(cursor, schema)
            others = "SELECT id FROM public.tenants_tenant WHERE COALESCE(schema_name, '') <> ALL (%s)"
            for table, key in (("tenants_domain", "tenant_id"), ("tenants_tenant", "id")):
                cursor.execute(f"DELETE FROM public.{table} WHERE {key} IN ({others})", [list(kept_schemas)])
            cursor.execute(
                "SELECT nspname FROM pg_namespace WHERE nspname ~ '^t_[0-9a-z]{20}$' AND nspname <> ALL (%s)",
                [list(kept_schemas)],
            )
            extra = [name for (name,) in cursor.fetchall()]
        for schema in extra:
            with connection, connection.cursor() as cursor:
                cursor.execute(SQL("DROP SCHEMA {} CASCADE").format(Identifier(schema)))
                for role in (schema, f"{schema}_ro"):
                    cursor.execute(SQL("DROP ROLE {}").format(Identifier(role)))
    finally:
        connection.close()


def _empty(cursor: Any, schema: str) -> None:
    cursor.execute(
        "SELECT tablename FROM pg_tables WHERE schemaname = %s AND tablename <> ALL (%s)", [schema, list(_KEPT)]
    )
    tables = [name for (name,) in cursor.fetchall()]
    if not tables:
        return
    # Few tables have rows, and TRUNCATE makes new files for each one that has none.
    asked = [SQL("SELECT {} WHERE EXISTS (SELECT FROM {})").format(Literal(t), Identifier(schema, t)) for t in tables]
    cursor.execute(SQL(" UNION ALL ").join(asked))
    for (name,) in cursor.fetchall():
        cursor.execute(SQL("DELETE FROM {}").format(Identifier(schema, name)))
