from dataclasses import replace
from ipaddress import ip_address

import structlog
from django.conf import settings
from django.http import HttpRequest

from core.actor import ANONYMOUS, Actor

PROBLEM_TYPES = ["application/json", "application/problem+json"]


def set_actor(request: HttpRequest, actor: Actor) -> None:
    """Say who acts in this request; the log lines written from here on name the actor."""
    request.actor = actor  # type: ignore[attr-defined]
    structlog.contextvars.bind_contextvars(actor=actor.kind, actor_id=actor.id)


def actor_of(request: HttpRequest) -> Actor:
    """Who acts in this request: the actor that authentication found, else an anonymous one with its address."""
    actor: Actor | None = getattr(request, "actor", None)
    if actor is not None:
        return actor
    return replace(ANONYMOUS, address=client_address(request), request_id=request_id_of(request) or None)


def request_id_of(request: HttpRequest) -> str:
    """The id that RequestIdMiddleware gave, empty for a request that did not pass it."""
    return getattr(request, "request_id", "")


def client_address(request: HttpRequest) -> str | None:
    """The caller's IP address, None when unknown.

    Each trusted proxy appends the address that it saw to X-Forwarded-For, so with TRUSTED_PROXY_COUNT proxies the
    entry that many places from the right is the first that nobody outside can forge.
    """
    candidate = request.META.get("REMOTE_ADDR", "")
    if settings.TRUSTED_PROXY_COUNT:
        forwarded = [part.strip() for part in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if part.strip()]
        candidate = forwarded[-min(settings.TRUSTED_PROXY_COUNT, len(forwarded))] if forwarded else candidate
    try:
        return str(ip_address(candidate))
    except ValueError:
        return None


def is_local(request: HttpRequest) -> bool:
    """Whether the caller is a process on this machine and no proxy stands between."""
    if any(f"HTTP_{name}" in request.META for name in ("X_FORWARDED_FOR", "FORWARDED", "VIA", "X_REAL_IP")):
        return False
    try:
        return ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False


def wants_problem(request: HttpRequest) -> bool:
    """Whether an error should be answered as problem+json: every REST path, and clients that prefer JSON to HTML."""
    if request.path_info.startswith("/api/"):
        return True
    return request.get_preferred_type(["text/html", *PROBLEM_TYPES]) in PROBLEM_TYPES
