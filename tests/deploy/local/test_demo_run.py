"""`make demo` from outside: two copies that start at the same moment, each with ports and data of its own."""

import contextlib
import http.client
import json
import os
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psutil
import pytest

from deploy.local.prepare import ROOT
from deploy.local.processes import is_alive, wait_for

START_SECONDS = 240


class Copy:
    """A demo in its own process, with its data in `data`."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.announcement = data / "demo.json"

    def start(self) -> None:
        # The servers of the tests must not be taken for the person's own.
        foreign = ("DATABASE_", "REDIS_", "DJANGO_", "LIVERY_")
        environment = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
        self.announcement.unlink(missing_ok=True)
        self.output = (self.data / "output").open("w")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "deploy.local.demo", "--data", str(self.data)],
            cwd=ROOT,
            env=environment,
            stdout=self.output,
            stderr=subprocess.STDOUT,
        )

    def wait(self) -> None:
        wait_for(lambda: self.announcement.exists() or self.process.poll() is not None, seconds=START_SECONDS)
        assert self.announcement.exists(), (self.data / "output").read_text()

    def stop(self, number: signal.Signals) -> int:
        self.process.send_signal(number)
        code = self.process.wait(timeout=120)
        self.output.close()
        return code

    def said(self) -> dict[str, Any]:
        said: dict[str, Any] = json.loads(self.announcement.read_text())
        return said

    def children(self) -> list[int]:
        return [process.pid for process in psutil.Process(self.process.pid).children(recursive=True)]

    def program(self, word: str) -> psutil.Process:
        """The child that was started as `word`."""
        return next(p for p in psutil.Process(self.process.pid).children() if word in p.cmdline())


@pytest.fixture(scope="module")
def all_copies(module_folder: Path) -> Iterator[tuple[Copy, Copy]]:
    found = Copy(module_folder / "first"), Copy(module_folder / "second")
    for copy in found:
        copy.data.mkdir()
        copy.start()
    try:
        yield found
    finally:
        for copy in found:
            if copy.process.poll() is None:
                copy.stop(signal.SIGTERM)
            reset = [sys.executable, "-m", "deploy.local.demo", "--data", str(copy.data), "--reset"]
            subprocess.run(reset, cwd=ROOT, check=True, capture_output=True)


def running(copy: Copy) -> Copy:
    """The copy; one that a test ended is started again, with its data."""
    if copy.process.poll() is not None:
        copy.start()
    copy.wait()
    return copy


@pytest.fixture
def first(all_copies: tuple[Copy, Copy]) -> Copy:
    return running(all_copies[0])


@pytest.fixture
def second(all_copies: tuple[Copy, Copy]) -> Copy:
    return running(all_copies[1])


def ask(url: str, method: str = "GET", path: str = "/", body: Any = None, **headers: str) -> tuple[int, Any]:
    """Ask as a client that does not resolve *.localhost: the host goes into the header."""
    place = urlsplit(url)
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", place.port or 80, timeout=30)) as connection:
        sent = None if body is None else json.dumps(body)
        connection.request(method, path, sent, {"Host": place.netloc, "Content-Type": "application/json", **headers})
        answer = connection.getresponse()
        text = answer.read().decode()
    return answer.status, json.loads(text) if "json" in answer.headers.get("Content-Type", "") else text


def is_ready(url: str) -> bool:
    try:
        return ask(url, path="/readyz")[0] == 200
    except OSError:
        return False


def signed_in(place: dict[str, str], prefix: str) -> int:
    credentials = {"email": place["email"], "password": place["password"]}
    return ask(place["url"], "POST", f"/{prefix}/auth/login/", credentials)[0]


def test_what_is_announced_has_the_agreed_shape_and_is_private(first: Copy) -> None:
    said = first.said()

    assert stat.S_IMODE(first.announcement.stat().st_mode) == 0o600
    assert set(said) == {"platform", "tenants"}
    assert set(said["platform"]) == {"url", "email", "password"}
    assert [set(tenant) for tenant in said["tenants"]] == [{"slug", "url", "email", "password", "api_key"}] * 3
    assert [tenant["slug"] for tenant in said["tenants"]] == ["riverbank", "kiln", "harbour"]
    assert all(tenant["api_key"].startswith("lvk_") for tenant in said["tenants"])


def test_two_copies_share_neither_ports_nor_people(first: Copy, second: Copy) -> None:
    here, there = first.said(), second.said()

    assert urlsplit(here["platform"]["url"]).port != urlsplit(there["platform"]["url"]).port
    stranger = {**here["tenants"][0], "url": there["tenants"][0]["url"]}
    assert signed_in(stranger, "api/v1") == 401


def test_everybody_signs_in_at_their_own_place(first: Copy) -> None:
    said = first.said()
    riverbank, kiln, _ = said["tenants"]

    assert signed_in(said["platform"], "api/platform/v1") == 200
    assert [signed_in(tenant, "api/v1") for tenant in said["tenants"]] == [200, 200, 200]
    assert signed_in({**kiln, "url": riverbank["url"]}, "api/v1") == 401


def test_an_api_key_works_for_its_organisation_and_no_other(first: Copy) -> None:
    riverbank, kiln, _ = first.said()["tenants"]
    bearer = {"Authorization": f"Bearer {riverbank['api_key']}"}

    status, me = ask(riverbank["url"], path="/api/v1/auth/me/", **bearer)

    assert status == 200
    assert riverbank["email"] in json.dumps(me)
    assert ask(kiln["url"], path="/api/v1/auth/me/", **bearer)[0] == 401


def test_pages_answer_and_an_unknown_host_does_not(first: Copy) -> None:
    said = first.said()

    for place in (said["platform"], *said["tenants"]):
        assert ask(place["url"])[0] in (200, 302)
    unknown = said["platform"]["url"].replace("localhost", "nobody.localhost")
    assert ask(unknown)[0] == 404


def test_a_web_server_that_is_killed_comes_back(first: Copy) -> None:
    url = first.said()["platform"]["url"]
    before = first.program("granian")
    orphans = [process.pid for process in before.children(recursive=True)]

    before.kill()

    noticed = "web ended (killed by signal 9), starting it again"
    assert wait_for(lambda: noticed in (first.data / "output").read_text(), seconds=30)
    assert not any(is_alive(pid) for pid in orphans)
    assert wait_for(lambda: is_ready(url), seconds=60)


def test_ctrl_c_stops_everything_and_the_next_run_goes_on_with_the_data(first: Copy) -> None:
    before, children = first.said(), first.children()

    assert first.stop(signal.SIGINT) == 0

    assert [pid for pid in children if is_alive(pid)] == []
    first.start()
    first.wait()
    after = first.said()
    assert after["platform"]["password"] == before["platform"]["password"]
    assert [tenant["api_key"] for tenant in after["tenants"]] == [tenant["api_key"] for tenant in before["tenants"]]
    assert [signed_in(tenant, "api/v1") for tenant in after["tenants"]] == [200, 200, 200]


def test_nothing_is_left_when_the_demo_itself_is_killed(second: Copy) -> None:
    children = second.children()
    assert len(children) > 10

    second.stop(signal.SIGKILL)

    assert wait_for(lambda: not any(is_alive(pid) for pid in children), seconds=60)
