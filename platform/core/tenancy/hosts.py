import re
from functools import lru_cache

_LABEL = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)")
_NAME_AND_PORT = re.compile(r"(\[[0-9a-f:.]{2,45}\]|[^\[\]:]*?)(:[0-9]{0,5})?")
_ADDRESS = re.compile(r"\[[0-9a-f:.]+\]|[0-9]{1,3}(\.[0-9]{1,3}){3}")
_WWW = re.compile(r"^(?:www\.)+")
# RFC 1035, section 2.3.4; a name in other letters is shorter than its ASCII spelling.
_LONGEST = 253


@lru_cache(maxsize=1024)
def normalise_host(value: str) -> str | None:
    """The one spelling of a host name: lower case, ASCII (IDNA), without port, trailing dot and leading `www.`.

    Returns None for anything that is no host name; an address is returned as it is, without its port.
    """
    found = _NAME_AND_PORT.fullmatch(value.strip().lower())
    if found is None:
        return None
    host = found[1]
    if _ADDRESS.fullmatch(host):
        return host
    host = _ascii(host).removesuffix(".")
    if len(host) > _LONGEST or not all(_LABEL.fullmatch(label) for label in host.split(".")):
        return None
    return _WWW.sub("", host)


def _ascii(host: str) -> str:
    if host.isascii():
        return host
    try:
        return host[: _LONGEST + 1].encode("idna").decode().lower()
    except UnicodeError:
        return ""
