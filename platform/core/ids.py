import secrets
import time
from threading import Lock
from uuid import UUID

_NANOSECONDS = 1_000_000
_lock = Lock()
_last = 0


def uuid7() -> UUID:
    """A new key that sorts after every key that this process made before (RFC 9562, sections 5.7 and 6.2, method 3).

    48 bits of Unix milliseconds, 12 bits of their fraction, 62 random bits, so that no key can be guessed from another.
    """
    global _last
    milliseconds, rest = divmod(time.time_ns(), _NANOSECONDS)
    moment = milliseconds << 12 | (rest << 12) // _NANOSECONDS
    with _lock:
        _last = moment = max(moment, _last + 1)
    return UUID(int=moment >> 12 << 80 | 0x7 << 76 | (moment & 0xFFF) << 64 | 0b10 << 62 | secrets.randbits(62))
