import base64
import secrets
from pathlib import Path

from deploy.local.passwords import Passwords
from deploy.local.postgres import Postgres

APPLICATION = "livery_app"
OWNER = "livery_owner"


def database_urls(postgres: Postgres, database: str) -> dict[str, str]:
    """The environment that names `database` of a server: as the application, the owner and the superuser.

    The roles and the database themselves are made by `manage.py database prepare`.
    """
    return {
        "DATABASE_URL": postgres.url(APPLICATION, postgres.passwords.get(APPLICATION), database),
        "DATABASE_OWNER_URL": postgres.url(OWNER, postgres.passwords.get(OWNER), database),
        "DATABASE_ADMIN_URL": postgres.admin_url,
    }


def kept_secrets(folder: Path) -> dict[str, str]:
    """SECRET_KEY and ENCRYPTION_KEYS for an installation in `folder`, generated once."""
    kept = Passwords(folder / "secrets.json")
    return {
        "SECRET_KEY": kept.get("SECRET_KEY", lambda: secrets.token_urlsafe(64)),
        "ENCRYPTION_KEYS": kept.get("ENCRYPTION_KEYS", _encryption_keys),
        "METRICS_TOKEN": kept.get("METRICS_TOKEN"),
    }


def _encryption_keys() -> str:
    return "k1:" + base64.b64encode(secrets.token_bytes(32)).decode()
