import socket


def is_free(port: int) -> bool:
    """Whether a server could listen on `port` of this machine now, for this machine alone or for all."""
    for family, address in ((socket.AF_INET, ""), (socket.AF_INET, "127.0.0.1")):
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((address, port))
            except OSError:
                return False
    return True


def free_port(preferred: int | None = None) -> int:
    """`preferred` when it is free, else a free port that the system picks."""
    if preferred is not None and is_free(preferred):
        return preferred
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
