import socket
import stat
from collections.abc import Iterator
from pathlib import Path
from random import randrange

import pytest
import redis

from deploy.local.errors import LocalRunError
from deploy.local.ports import is_free
from deploy.local.redis import Redis


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Redis]:
    server = Redis(tmp_path / "redis")
    # Below those that the system gives to whoever asks: nobody takes it while the server is away.
    (server.folder / "port").write_text(f"{next(filter(is_free, range(randrange(20_000, 30_000), 32_000)))}")
    server.start()
    yield server
    server.remove()


def client(server: Redis) -> redis.Redis:
    return redis.Redis.from_url(server.url)


def test_what_was_written_survives_kill_9_and_the_port_stays(server: Redis) -> None:
    client(server).rpush("queue", "task")
    url = server.url

    server.kill()

    assert not server.is_running()
    assert server.start() == url
    assert client(server).lrange("queue", 0, -1) == [b"task"]


def test_stop_and_start_keep_the_data(server: Redis) -> None:
    client(server).set("name", "value")

    server.restart()

    assert client(server).get("name") == b"value"


def test_nobody_gets_in_without_the_password_and_nothing_is_dropped(server: Redis) -> None:
    with pytest.raises(redis.AuthenticationError):
        redis.Redis.from_url(server.url.replace(server.passwords.get("redis"), "another")).ping()

    assert client(server).config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
    assert client(server).config_get("bind") == {"bind": "127.0.0.1"}
    assert stat.S_IMODE((server.folder / "redis.conf").stat().st_mode) == 0o600


def test_another_port_is_taken_when_somebody_else_has_ours(server: Redis) -> None:
    client(server).set("name", "value")
    server.stop()
    port = int(server.url.rpartition(":")[2].partition("/")[0])
    with socket.create_server(("127.0.0.1", port)):
        server.start()

    assert f":{port}/" not in server.url
    assert client(server).get("name") == b"value"


def test_a_server_of_another_folder_on_our_port_is_not_taken_for_ours(server: Redis, tmp_path: Path) -> None:
    other = Redis(tmp_path / "other")
    (other.folder / "port").write_text((server.folder / "port").read_text())
    (other.folder / "passwords.json").write_text((server.folder / "passwords.json").read_text())
    try:
        assert not other.is_ready()
        assert other.start() != server.url
        assert server.is_ready()
    finally:
        other.remove()


def test_the_address_is_unknown_before_the_first_start(tmp_path: Path) -> None:
    with pytest.raises(LocalRunError, match="never started"):
        _ = Redis(tmp_path).url
