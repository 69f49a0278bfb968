"""Typed readers of the process environment; `NAME_FILE` names a file that holds the value of `NAME`."""

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import environ
from django.core.exceptions import ImproperlyConfigured

env = environ.FileAwareEnv()

ROOT = Path(__file__).resolve().parents[3]
DEVELOPMENT_DATABASE = "postgres://livery_app@127.0.0.1:5432/livery"
DEVELOPMENT_REDIS = "redis://127.0.0.1:6379/0"
DEVELOPMENT_SECRET = "development-only-secret-never-used-in-production"  # noqa: S105  prod refuses it


def database(url_name: str, *, owner_url_name: str) -> dict[str, Any]:
    """Settings of one cell: the application's login, and the owner's login that changes tables.

    A unix socket is given as `postgres://user:password@/name?host=/folder`.
    """
    cell = env.db_url(url_name, default=DEVELOPMENT_DATABASE)
    cell["ENGINE"] = "core.tenancy.backend"
    cell["CONN_MAX_AGE"] = env.int("DATABASE_CONNECTION_SECONDS", default=300)
    cell["CONN_HEALTH_CHECKS"] = True
    cell["DISABLE_SERVER_SIDE_CURSORS"] = False
    owner = env.db_url(owner_url_name) if env.str(owner_url_name, default="") else {}
    cell["OWNER"] = {"USER": owner.get("USER", ""), "PASSWORD": owner.get("PASSWORD", "")}
    if owner and (owner["NAME"], owner["HOST"], owner["PORT"]) != (cell["NAME"], cell["HOST"], cell["PORT"]):
        raise ImproperlyConfigured(f"{owner_url_name} must name the same server and database as {url_name}.")
    # Only `manage.py database prepare` is started with it.
    cell["ADMIN_URL"] = env.str(url_name.replace("DATABASE_URL", "DATABASE_ADMIN_URL"), default="")
    return cell


def cells() -> dict[str, dict[str, Any]]:
    """All cells: `DATABASE_URL` is `default`; each name in `CELLS` adds `CELL_<NAME>_DATABASE_URL`."""
    found = {"default": database("DATABASE_URL", owner_url_name="DATABASE_OWNER_URL")}
    for name in env.list("CELLS", default=[]):
        prefix = f"CELL_{name.upper()}"
        found[name] = database(f"{prefix}_DATABASE_URL", owner_url_name=f"{prefix}_DATABASE_OWNER_URL")
    return found


def broker_url() -> str:
    """`BROKER_URL`, else the Redis database after the cache's: emptying the cache must keep the queues."""
    address = urlsplit(env.str("REDIS_URL", default=DEVELOPMENT_REDIS))
    number = int(address.path.strip("/") or 0) + 1
    return env.str("BROKER_URL", default=urlunsplit(address._replace(path=f"/{number}")))


def encryption_keys() -> dict[str, str]:
    """`ENCRYPTION_KEYS` is `id:base64key` entries separated by commas; the first one encrypts, all decrypt."""
    entries = env.list("ENCRYPTION_KEYS", default=[])
    keys = dict(entry.split(":", 1) for entry in entries if ":" in entry)
    if len(keys) != len(entries):
        raise ImproperlyConfigured("ENCRYPTION_KEYS must be a comma-separated list of id:base64key entries.")
    return keys
