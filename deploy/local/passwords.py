import json
import os
import secrets
from collections.abc import Callable
from pathlib import Path


class Passwords:
    """Generated passwords, kept in one file that only its owner may read."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def has(self, name: str) -> bool:
        """Whether a password is kept under `name`."""
        return name in self._read()

    def get(self, name: str, generate: Callable[[], str] = lambda: secrets.token_urlsafe(24)) -> str:
        """The password kept under `name`, generated at first use. Callers that may race hold their own lock."""
        if not self.has(name):
            self.put(name, generate())
        return self._read()[name]

    def put(self, name: str, password: str) -> None:
        """Keep `password` under `name`."""
        write_private(self.path, json.dumps({**self._read(), name: password}, indent=2) + "\n")

    def _read(self) -> dict[str, str]:
        return json.loads(self.path.read_text()) if self.path.exists() else {}


def write_private(path: Path, text: str) -> None:
    """Replace `path` by `text` in one step, readable by its owner alone."""
    fresh = path.with_name(path.name + ".new")
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    fresh.replace(path)
