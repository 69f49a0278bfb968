import errno
import fcntl
import os
import socket
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import IO


def is_free(port: int) -> bool:
    """Whether nobody on this machine listens on `port`, at any address that `localhost` may lead to."""
    for family, address in ((socket.AF_INET, ""), (socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
        try:
            with socket.socket(family, socket.SOCK_STREAM) as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind((address, port))
        except OSError as error:
            # Any other reason is a machine without IPv6.
            if error.errno in (errno.EADDRINUSE, errno.EACCES):
                return False
    return True


def free_port(preferred: int | None = None) -> int:
    """`preferred` when it is free, else a free port that the system picks."""
    if preferred is not None and is_free(preferred):
        return preferred
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def reserve_port(preferred: Iterable[int]) -> tuple[int, IO[str]]:
    """The first free port of `preferred`, else any free one, with the open file that keeps it from other copies.

    A copy that starts at the same moment sees the lock on that file, before anybody listens on the port.
    """
    for port in preferred:
        if is_free(port) and (lock := _lock_port(port)) is not None:
            return port, lock
    while (lock := _lock_port(port := free_port())) is None:
        continue
    return port, lock


def _lock_port(port: int) -> IO[str] | None:
    path = Path(tempfile.gettempdir()) / f"livery-port-{port}.lock"
    try:
        file = os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600), "r+")
    except PermissionError:
        # Another account made it, perhaps long ago: between accounts only the port itself decides.
        return open(os.devnull)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        return None
    return file
