"""The servers that the tests run against: real ones, shared by every process of one test run."""

from pathlib import Path

from deploy.local.services import SharedServices

# The settings of the tests refuse any other beginning, so that no test reaches a database with real rows.
DATABASE = "test_livery"

_joined: dict[Path, SharedServices] = {}


def start_services(folder: Path) -> dict[str, str]:
    """Start PostgreSQL and Redis in `folder`, or join the processes that use them; returns their environment."""
    return dict(_joined.setdefault(folder, SharedServices(folder)).join(DATABASE))


def stop_services(folder: Path) -> None:
    """Leave the servers of `folder`; the last process that leaves stops them."""
    _joined.pop(folder).leave()
