"""Loaded by pytest before the settings: starts the servers and says where they are."""

import os
import re
from pathlib import Path
from zlib import crc32

from tests.support.services import start_services, stop_services

_FOLDER = Path(__file__).resolve().parents[2] / ".data" / "test"


def _environment() -> dict[str, str]:
    worker = os.environ.get("PYTEST_XDIST_WORKER", "")
    # Several people, or runs, side by side on one checkout: each names its own.
    run = os.environ.get("LIVERY_TEST_NAME", "main")
    found = start_services(_FOLDER)
    (_FOLDER / "static").mkdir(exist_ok=True)
    # Each process takes two of Redis' 128 databases, for the cache and for the queues.
    number = 2 * (crc32(run.encode()) % 12 * 5 + (int(worker.removeprefix("gw")) + 1 if worker else 0))
    for name in ("DATABASE_URL", "DATABASE_OWNER_URL"):
        found[name] = re.sub(r"/test_livery\?", f"/test_livery_{run}{worker}?", found[name])
    found["REDIS_URL"] = re.sub(r"/0$", f"/{number % 128}", found["REDIS_URL"])
    return found


os.environ.update(_environment())
os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings.test"


def pytest_unconfigure() -> None:
    """Leave the servers; the last process that leaves stops them."""
    stop_services(_FOLDER)
