import base64
import json
import os
import secrets
from collections.abc import Mapping
from pathlib import Path

from deploy.local.passwords import Passwords, write_private
from deploy.local.postgres import Postgres
from deploy.local.processes import is_alive, locked
from deploy.local.redis import Redis

APPLICATION = "livery_app"
OWNER = "livery_owner"


def database_urls(postgres: Postgres, database: str) -> dict[str, str]:
    """The environment that names `database` of a server: for the application, the owner and the superuser.

    The roles and the database themselves are made by `manage.py database prepare`.
    """
    return {
        "DATABASE_URL": postgres.url(APPLICATION, postgres.passwords.get(APPLICATION), database),
        "DATABASE_OWNER_URL": postgres.url(OWNER, postgres.passwords.get(OWNER), database),
        "DATABASE_ADMIN_URL": postgres.admin_url,
    }


def kept_secrets(folder: Path) -> dict[str, str]:
    """The secrets of an installation in `folder`, generated once."""
    kept = Passwords(folder / "secrets.json")
    return {
        "SECRET_KEY": kept.get("SECRET_KEY", lambda: secrets.token_urlsafe(64)),
        "ENCRYPTION_KEYS": kept.get("ENCRYPTION_KEYS", _encryption_keys),
        "METRICS_TOKEN": kept.get("METRICS_TOKEN"),
    }


class SharedServices:
    """PostgreSQL and Redis in `folder` for several processes: the first one starts them, the last one stops them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.folder.mkdir(parents=True, exist_ok=True)
        self.postgres = Postgres(folder / "postgres")
        self.redis = Redis(folder / "redis")
        self._lock = folder / "services.lock"
        self._users = folder / "users.json"

    def join(self, database: str) -> Mapping[str, str]:
        """Start the servers or use the running ones; returns the environment that names them and `database`."""
        with locked(self._lock):
            self.postgres.start()
            self.redis.start()
            self._write_users({*self._read_users(), os.getpid()})
            return {**database_urls(self.postgres, database), "REDIS_URL": self.redis.url}

    def claim(self) -> None:
        """Count as a user without starting anything: the servers are supervised by this process itself."""
        with locked(self._lock):
            self._write_users({*self._read_users(), os.getpid()})

    def leave(self) -> None:
        """Stop the servers unless another process still uses them."""
        with locked(self._lock):
            left = self._read_users() - {os.getpid()}
            self._write_users(left)
            if not left:
                self.redis.stop()
                self.postgres.stop()

    def _read_users(self) -> set[int]:
        # A process that was killed could not leave.
        return {pid for pid in json.loads(self._users.read_text()) if is_alive(pid)} if self._users.exists() else set()

    def _write_users(self, pids: set[int]) -> None:
        write_private(self._users, json.dumps(sorted(pids)))


def _encryption_keys() -> str:
    return "k1:" + base64.b64encode(secrets.token_bytes(32)).decode()
