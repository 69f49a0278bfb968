import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg2
import pytest

from deploy.local.prepare import ROOT
from deploy.local.services import SharedServices, database_urls, kept_secrets

JOIN_AND_SLEEP = """
import sys, time
from pathlib import Path
from deploy.local.services import SharedServices
SharedServices(Path(sys.argv[1])).join("test_shared")
print("joined", flush=True)
time.sleep(600)
"""


@pytest.fixture
def folder(folder: Path) -> Iterator[Path]:
    yield folder
    services = SharedServices(folder)
    services.redis.remove()
    services.postgres.remove()


@pytest.fixture
def other_process(folder: Path) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-c", JOIN_AND_SLEEP, str(folder)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "joined\n"
        yield process
        process.kill()


def test_the_last_one_to_leave_stops_the_servers(folder: Path, other_process: subprocess.Popen[str]) -> None:
    services = SharedServices(folder)
    environment = services.join("test_shared")

    services.leave()

    assert services.postgres.is_running()
    assert services.redis.is_running()
    psycopg2.connect(environment["DATABASE_ADMIN_URL"]).close()

    services.join("test_shared")
    other_process.kill()
    other_process.wait()
    services.leave()

    assert not services.postgres.is_running(), "a process that was killed does not count"
    assert not services.redis.is_running()


def test_servers_that_this_process_supervises_are_not_stopped_by_a_visitor(
    folder: Path, other_process: subprocess.Popen[str]
) -> None:
    services = SharedServices(folder)
    services.claim()
    other_process.kill()
    other_process.wait()

    visitor = "import sys; from pathlib import Path; from deploy.local.services import SharedServices as S\n"
    visitor += "s = S(Path(sys.argv[1])); s.join('test_shared'); s.leave()"
    subprocess.run([sys.executable, "-c", visitor, str(folder)], cwd=ROOT, check=True)

    assert services.postgres.is_running()
    assert services.redis.is_running()
    services.leave()


def test_each_login_has_a_password_of_its_own(folder: Path) -> None:
    services = SharedServices(folder)

    urls = database_urls(services.postgres, "test_shared")

    assert [url.partition("//")[2].partition(":")[0] for url in urls.values()] == [
        "livery_app",
        "livery_owner",
        "postgres",
    ]
    assert len({url.partition("@")[0].rpartition(":")[2] for url in urls.values()}) == 3
    assert database_urls(services.postgres, "test_shared") == urls


def test_secrets_are_made_once_and_fit_production(tmp_path: Path) -> None:
    kept = kept_secrets(tmp_path)

    assert len(kept["SECRET_KEY"]) >= 50
    assert kept["ENCRYPTION_KEYS"].startswith("k1:")
    assert kept_secrets(tmp_path) == kept
