from dataclasses import dataclass
from functools import cache
from ipaddress import IPv6Address, ip_address, ip_network
from math import ceil

import structlog
from django.conf import settings
from redis import Redis, RedisError
from redis.backoff import NoBackoff
from redis.retry import Retry

from core.actor import Actor
from core.errors import Unavailable
from core.tenancy import scope_key

# The generic cell rate algorithm: one key holds the time at which all that was spent will have been earned back.
# Redis runs a script alone and with its own clock, so parallel requests cannot spend the same point.
_SCRIPT = """
local points, period, cost = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local clock = redis.call('TIME')
local now = clock[1] * 1000 + clock[2] / 1000
local earned_back = math.max(tonumber(redis.call('GET', KEYS[1]) or now), now)
local after = earned_back + period / points * cost
local wait = after - period - now
if wait <= 0.001 then
  earned_back = after
  redis.call('SET', KEYS[1], string.format('%.3f', after), 'PX', math.ceil(after - now))
end
local remaining = math.floor((now + period - earned_back) / (period / points) + 0.001)
return {wait <= 0.001 and 1 or 0, remaining, math.ceil(math.max(wait, 0)), math.ceil(earned_back - now)}
"""
logger = structlog.get_logger("limiter")


class LimiterDown(Unavailable):
    """Redis does not answer, and this route is not served without a limit."""

    message = "This is not possible at the moment. Try again in a minute."
    retry_after = 30


@dataclass(frozen=True, slots=True)
class Limit:
    """So many points in so many seconds; `fail_closed` refuses when Redis is down instead of letting pass."""

    points: int
    seconds: int
    fail_closed: bool = False


@dataclass(frozen=True, slots=True)
class Spending:
    """What a request left; `retry_after` and `reset` are whole seconds, `reset` is until all points are back."""

    allowed: bool
    points: int
    remaining: int
    retry_after: int
    reset: int

    @property
    def headers(self) -> dict[str, str]:
        """The three RateLimit headers of draft-ietf-httpapi-ratelimit-headers-07."""
        return {
            "RateLimit-Limit": str(self.points),
            "RateLimit-Remaining": str(self.remaining),
            "RateLimit-Reset": str(self.reset),
        }


def limit_of(rate_class: str) -> Limit:
    """The limit of a route class; raises KeyError for a class that RATE_LIMITS does not name."""
    return Limit(**settings.RATE_LIMITS[rate_class])


def spend(rate_class: str, spender: str, *, cost: int = 1) -> Spending | None:
    """Take points from a spender of the current tenant or platform; None where Redis is down and the class fails open.

    Raises LimiterDown where it fails closed.
    """
    limit = limit_of(rate_class)
    key = f"rate:{scope_key()}:{rate_class}:{spender}"
    try:
        allowed, remaining, wait, reset = _client(settings.REDIS_URL).register_script(_SCRIPT)(
            keys=[key], args=[limit.points, limit.seconds * 1000, min(cost, limit.points)]
        )
    except RedisError as error:
        logger.warning("limiter_down", rate_class=rate_class, fail_closed=limit.fail_closed, error=type(error).__name__)
        if limit.fail_closed:
            raise LimiterDown from error
        return None
    return Spending(bool(allowed), limit.points, remaining, ceil(wait / 1000), ceil(reset / 1000))


def spender_of(actor: Actor) -> str:
    """Whose points an actor spends: a person's are one pot for sessions, tokens and all of their API keys."""
    if actor.kind == "anonymous":
        return f"address:{address_block(actor.address)}"
    if actor.user is not None:
        return f"user:{actor.user.pk}"
    return f"{actor.kind}:{actor.id}"


def address_block(address: str | None) -> str:
    """What counts as one caller: an IPv4 address, or the /64 of an IPv6 address, which one customer has as a whole."""
    if address is None:
        return "unknown"
    parsed = ip_address(address)
    if isinstance(parsed, IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return str(ip_network((parsed, 64), strict=False))
    return str(parsed)


@cache
def _client(url: str) -> Redis:
    # A limiter that hangs is worse than none: no retries, and half a second at most.
    return Redis.from_url(url, socket_timeout=0.5, socket_connect_timeout=0.5, retry=Retry(NoBackoff(), 0))
