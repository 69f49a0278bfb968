from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.apps import AppConfig, apps
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.core.exceptions import ImproperlyConfigured
from django.core.files.storage import default_storage
from django.db import connections

from core.observability.dependencies import undurable_settings
from core.secrets import require_usable_keys
from core.tenancy.storage import TenantFileStorage

# Each stands before the next for a reason: probes need no tenant, the id is in every answer, headers are on every
# answer, and nothing that reads the database runs before the tenant is known.
MIDDLEWARE_ORDER = (
    "core.web.probes.ProbeMiddleware",
    "core.web.request_id.RequestIdMiddleware",
    "core.observability.middleware.RequestLogMiddleware",
    "core.web.headers.PrivateResponseMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "core.tenancy.middleware.TenantMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
)


@register(Tags.database)
def databases_are_durable(databases: Sequence[str] | None = None, **_: Any) -> list[CheckMessage]:
    """No cell runs with a setting under which a confirmed posting can be lost; asks the databases that are named."""
    return [
        Error(
            f"The database {alias} runs with {name}=off: it can lose transactions that it has confirmed.",
            hint=f"ALTER SYSTEM SET {name} = on; SELECT pg_reload_conf();",
            id="livery.E001",
        )
        for alias in databases or ()
        for name in undurable_settings(connections[alias])
    ]


@register(Tags.models)
def schemas_are_disjoint(**_: Any) -> list[CheckMessage]:
    """An app is in the platform's schema, in the tenants', or listed as in both; no table name means two tables."""
    platform, tenant, both = set(settings.SHARED_APPS), set(settings.TENANT_APPS), set(settings.BOTH_APPS)
    undeclared = [
        Error(f"{name} is in SHARED_APPS and TENANT_APPS but not in BOTH_APPS.", id="livery.E002")
        for name in sorted((platform & tenant) - both)
    ]
    platform_tables = _tables(platform - tenant)
    clashes = [
        Error(
            f"The table {table} of {platform_tables[table]} and of {owner} would be two tables with one name.",
            id="livery.E003",
        )
        for table, owner in sorted(_tables(tenant).items())
        if table in platform_tables
    ]
    return [*undeclared, *clashes]


def _tables(names: set[str]) -> dict[str, str]:
    configs: list[AppConfig] = [config for config in apps.get_app_configs() if config.name in names]
    return {model._meta.db_table: config.name for config in configs for model in config.get_models(True, True)}


@register(Tags.files)
def files_are_private(**_: Any) -> list[CheckMessage]:
    """Uploaded files go through the tenant's storage and lie where no web server reads."""
    found: list[CheckMessage] = []
    if not isinstance(default_storage, TenantFileStorage):
        found.append(Error("STORAGES['default'] must be core.tenancy.storage.TenantFileStorage.", id="livery.E004"))
    if settings.MEDIA_ROOT or settings.MEDIA_URL not in ("", "/"):
        found.append(Error("MEDIA_ROOT and MEDIA_URL must stay empty: files are private.", id="livery.E005"))
    public = [Path(settings.STATIC_ROOT), *map(Path, settings.STATICFILES_DIRS)]
    if any(Path(settings.FILES_DIR).is_relative_to(folder) for folder in public):
        found.append(Error("FILES_DIR must not lie in a folder of static files, which are public.", id="livery.E006"))
    return found


@register(Tags.security)
def secrets_can_be_sealed(**_: Any) -> list[CheckMessage]:
    """The keys that seal secrets at rest are usable before the first secret comes."""
    try:
        require_usable_keys()
    except ImproperlyConfigured as error:
        return [Error(str(error), id="livery.E009")]
    return []


@register(Tags.security)
def middleware_is_in_order(**_: Any) -> list[CheckMessage]:
    """The middlewares on which isolation and privacy rest are installed, in their order."""
    missing = [name for name in MIDDLEWARE_ORDER if name not in settings.MIDDLEWARE]
    if missing:
        return [Error(f"MIDDLEWARE lacks {', '.join(missing)}.", id="livery.E007")]
    places = [settings.MIDDLEWARE.index(name) for name in MIDDLEWARE_ORDER]
    if places != sorted(places):
        return [Error(f"MIDDLEWARE must keep this order: {', '.join(MIDDLEWARE_ORDER)}.", id="livery.E008")]
    return []
