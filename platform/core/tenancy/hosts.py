import re

_LABEL = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)")
_ADDRESS = re.compile(r"\[[0-9a-f:.]+\]|\d{1,3}(\.\d{1,3}){3}")


def normalise_host(value: str) -> str | None:
    """The one spelling of a host name: lower case, ASCII (IDNA), without port, trailing dot and leading `www.`.

    Returns None for anything that is no host name; an address is returned as it is, without its port.
    """
    host = value.strip().lower()
    if host.startswith("["):
        host = host[: host.find("]") + 1]
    else:
        host = host.partition(":")[0]
    if _ADDRESS.fullmatch(host):
        return host
    host = host.removesuffix(".")
    try:
        host = host.encode("ascii").decode() if host.isascii() else host.encode("idna").decode()
    except UnicodeError:
        return None
    if len(host) > 253 or not all(_LABEL.fullmatch(label) for label in host.split(".")):
        return None
    return host.removeprefix("www.")
