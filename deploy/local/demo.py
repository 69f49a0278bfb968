"""python -m deploy.local.demo [--reset]: the whole product on this machine, with sample organisations."""

import argparse
import contextlib
import fcntl
import functools
import http.client
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlsplit

from deploy.local.errors import LocalRunError
from deploy.local.ports import reserve_port
from deploy.local.prepare import ROOT, child_environment, manage
from deploy.local.processes import is_alive, wait_for
from deploy.local.server import Server
from deploy.local.services import SharedServices, database_urls, kept_secrets
from deploy.local.supervisor import Program, StopRequested, Supervisor

DATABASE = "livery"
PORTS = range(8000, 8100)
QUEUES = "critical,default,bulk,fleet"
# The guardian of a killed run ends its programs within this time.
TAKE_OVER_SECONDS = 90
PAGE_SECONDS = 30
FOLDERS = ("files", "logs", "mail", "metrics")


def main() -> int:
    parser = argparse.ArgumentParser(prog="make demo", description="Run the whole product on this machine.")
    parser.add_argument("--reset", action="store_true", help="delete the data of earlier runs instead")
    parser.add_argument("--data", type=Path, default=ROOT / ".data", help="the folder of data, logs and passwords")
    options = parser.parse_args()
    data = options.data.resolve()
    try:
        with only_run(data) as lock:
            reset(data) if options.reset else run(data, lock)
    except StopRequested:
        say("Stopped. The data are kept for the next time.")
    except LocalRunError as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    except PermissionError as error:
        made = "The data were made by another account: run as that one, or have it run make demo-reset."
        print(f"\n{error.filename}: {error.strerror}. {made}", file=sys.stderr)
        return 1
    return 0


def say(line: str) -> None:
    print(line, flush=True)


def run(data: Path, lock: IO[str]) -> None:
    """Run the product until somebody stops it."""
    port, port_lock = reserve_port(PORTS)
    with port_lock, Supervisor(data / "logs", say, keep_open=[lock, port_lock]) as supervisor:
        Demo(data, supervisor, port).run()


def reset(data: Path) -> None:
    """Delete the databases, files, mail, logs and passwords of earlier runs."""
    services = SharedServices(data)
    services.redis.remove()
    services.postgres.remove()
    for name in FOLDERS:
        if (data / name).exists():
            shutil.rmtree(data / name)
    for name in ("demo.json", "people.json", "secrets.json"):
        (data / name).unlink(missing_ok=True)
    say("The demo's data are deleted.")


@contextlib.contextmanager
def only_run(data: Path) -> Iterator[IO[str]]:
    """Hold the lock of `data`; its programs end before it is free again. Raises LocalRunError when a run is there."""
    data.mkdir(parents=True, exist_ok=True)
    with (data / "demo.lock").open("a+") as lock:
        lock.seek(0)
        runner = lock.read().strip()
        if not _lock(lock):
            if runner and is_alive(int(runner)):
                raise LocalRunError(f"The demo runs here already (process {runner}); {data / 'demo.json'} says where.")
            say("Waiting for the programs of the last run to end …")
            if not wait_for(lambda: _lock(lock), seconds=TAKE_OVER_SECONDS):
                raise LocalRunError(f"The programs of the last run do not end; their logs are in {data / 'logs'}.")
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield lock


def _lock(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


class Demo:
    """One run of the product with its data in `data`."""

    def __init__(self, data: Path, supervisor: Supervisor, port: int) -> None:
        self.data = data
        self.supervisor = supervisor
        self.port = port
        self.announcement = data / "demo.json"
        self.seeded = data / "seeded.json"
        self.environment = self._environment()

    def run(self) -> None:
        """Start everything, say where it answers, and keep it running until somebody stops it."""
        # Its presence tells scripts that the product answers.
        self.announcement.unlink(missing_ok=True)
        self._start_servers()
        self._set_up()
        self._start_programs()
        self._wait_for_pages()
        self._announce()
        self.supervisor.watch()

    def _environment(self) -> dict[str, str]:
        metrics = self.data / "metrics"
        if metrics.exists():
            shutil.rmtree(metrics)
        for name in FOLDERS:
            (self.data / name).mkdir(mode=0o700, parents=True, exist_ok=True)
        given = {
            "DJANGO_SETTINGS_MODULE": "config.settings.dev",
            "DEBUG": "false",
            "PUBLIC_PORT": str(self.port),
            "MAILBOX_DIR": str(self.data / "mail"),
            "FILES_DIR": str(self.data / "files"),
            "PROMETHEUS_MULTIPROC_DIR": str(metrics),
            **kept_secrets(self.data),
        }
        # What the person set counts, except what only this run can know.
        chosen = {name: os.environ[name] for name in given if name in os.environ and name != "PUBLIC_PORT"}
        return child_environment({**given, **chosen})

    def _start_servers(self) -> None:
        services = SharedServices(self.data)
        services.claim()
        postgres = services.postgres
        if "DATABASE_URL" not in os.environ:
            if not postgres.home.is_relative_to(self.data):
                say(f"The account {postgres.account} cannot enter {self.data}: the database lies in {postgres.home}.")
            self._start_server(postgres)
            self.environment |= database_urls(postgres, DATABASE)
        elif "DATABASE_OWNER_URL" not in os.environ:
            raise LocalRunError("DATABASE_URL is set, so DATABASE_OWNER_URL must be set as well: it makes the tables.")
        if "REDIS_URL" not in os.environ:
            self._start_server(services.redis)
            self.environment["REDIS_URL"] = services.redis.url

    def _start_server(self, server: Server) -> None:
        say(f"Starting {server.title} …")
        self.supervisor.start(
            Program(
                name=server.title.lower(),
                command=server.command(),
                arguments=server.child_arguments(),
                before=server.prepare,
                is_ready=server.is_ready,
                stop_signal=server.stop_signal,
                stop_seconds=60,
            )
        )

    def _set_up(self) -> None:
        say("Setting up the database …")
        if "DATABASE_ADMIN_URL" in self.environment:
            self._run("prepare", manage("database", "prepare"))
        self._run("migrate", manage("migrate", "--no-input"))
        self._run("static", manage("collectstatic", "--no-input"))
        say("Adding the sample organisations …")
        seed = [sys.executable, "-m", "deploy.local.seed", "--passwords", str(self.data / "people.json")]
        self._run("seed", [*seed, "--announcement", str(self.seeded)])

    def _start_programs(self) -> None:
        say("Starting the web server, the worker and the scheduler …")
        web = [*_module("granian"), "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(self.port), "--no-ws"]
        web += ["--workers", "1", "--blocking-threads", "8", "config.wsgi:application"]
        celery = [*_module("celery"), "-A", "config.celery"]
        worker = [*celery, "worker", "-Q", QUEUES, "--concurrency", "2", "-l", "INFO"]
        beat = [*celery, "beat", "-l", "INFO"]
        self.supervisor.start(
            self._program("web", web, is_ready=lambda: self._answers("/readyz", "localhost")),
            # Now and then Celery's pool waits half a minute for nothing; a task that is cut off is delivered again.
            self._program("worker", worker, is_ready=self._worker_answers, stop_seconds=10),
            self._program("beat", beat),
        )

    def _wait_for_pages(self) -> None:
        said = json.loads(self.seeded.read_text())
        for place in (said["platform"], *said["tenants"]):
            host = urlsplit(place["url"]).netloc
            if not wait_for(functools.partial(self._answers, "/", host), seconds=PAGE_SECONDS):
                raise LocalRunError(f"{place['url']} does not answer; see {self.supervisor.log('web')}")

    def _announce(self) -> None:
        said = json.loads(self.seeded.read_text())
        self.seeded.replace(self.announcement)
        say("\nLivery runs. Sign in at")
        for place in (said["platform"], *said["tenants"]):
            say(f"  {place['url']:<36} {place['email']:<34} {place['password']}")
        say(f"\nFurther people   {self.data / 'people.json'}")
        say(f"For scripts      {self.announcement}")
        say(f"Mail and logs    {self.data / 'mail'}, {self.data / 'logs'}")
        say("Ctrl-C stops it.\n")

    def _answers(self, path: str, host: str) -> bool:
        """Whether our web server answers `path` on `host` with a page, or with the way to one."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request("GET", path, headers={"Host": host})
            return connection.getresponse().status < 400
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def _worker_answers(self) -> bool:
        # Celery itself knows which broker, and which database of it, the settings lead to.
        command = [*_module("celery"), "-A", "config.celery", "inspect", "ping", "--timeout", "2"]
        return subprocess.run(command, cwd=ROOT, env=self.environment, capture_output=True, check=False).returncode == 0

    def _run(self, name: str, command: list[str]) -> None:
        self.supervisor.run(self._program(name, command))

    def _program(self, name: str, command: list[str], **options: Any) -> Program:
        return Program(name, command, {"env": self.environment}, **options)


def _module(name: str) -> list[str]:
    return [sys.executable, "-m", name]


if __name__ == "__main__":
    sys.exit(main())
