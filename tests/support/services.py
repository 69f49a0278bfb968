"""The servers that the tests run against: real ones, shared by every process of one test run."""

import json
import os
from pathlib import Path

from deploy.local.passwords import write_private
from deploy.local.postgres import Postgres
from deploy.local.processes import is_alive, locked
from deploy.local.redis import Redis
from deploy.local.services import database_urls

# The settings of the tests refuse any other beginning, so that no test reaches a database with real rows.
DATABASE = "test_livery"


def start_services(folder: Path) -> dict[str, str]:
    """Start PostgreSQL and Redis in `folder`, or join the processes that use them; returns their environment."""
    folder.mkdir(parents=True, exist_ok=True)
    with locked(folder / "lock"):
        postgres, redis = Postgres(folder / "postgres"), Redis(folder / "redis")
        postgres.start()
        redis.start()
        _write_users(folder, {*_users(folder), os.getpid()})
        return {**database_urls(postgres, DATABASE), "REDIS_URL": redis.url}


def stop_services(folder: Path) -> None:
    """Leave the servers of `folder`; the last process that leaves stops them."""
    with locked(folder / "lock"):
        left = _users(folder) - {os.getpid()}
        _write_users(folder, left)
        if not left:
            Redis(folder / "redis").stop()
            Postgres(folder / "postgres").stop()


def _users(folder: Path) -> set[int]:
    """The processes that use the servers; those that were killed are left out."""
    path = folder / "users.json"
    return {pid for pid in json.loads(path.read_text()) if is_alive(pid)} if path.exists() else set()


def _write_users(folder: Path, pids: set[int]) -> None:
    write_private(folder / "users.json", json.dumps(sorted(pids)))
