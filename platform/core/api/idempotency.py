import hashlib
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Protocol, cast
from uuid import UUID

import structlog
from django.conf import settings
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.urls import ResolverMatch
from django.utils.module_loading import import_string

from core.actor import Actor
from core.errors import Conflict, LiveryError, Unprocessable
from core.tenancy import atomic, require_scope

HEADER = "Idempotency-Key"
REPLAYED = "Idempotent-Replayed"
# Only what describes the body itself is kept and sent again: no cookie, no rate limit, no request id.
KEPT_HEADERS = ("Content-Type", "Content-Language", "Content-Disposition", "ETag", "Location")
_written = re.compile(r"[\x20-\x7e]{1,255}").fullmatch
logger = structlog.get_logger("idempotency")


class KeyMalformed(LiveryError):
    """The header is not 1 to 255 printable ASCII characters."""

    code = "idempotency_key_malformed"
    title = "The Idempotency-Key is not valid"
    message = "Send an Idempotency-Key of 1 to 255 printable ASCII characters, such as a UUID."


class KeyMissing(LiveryError):
    """The operation moves money and is only taken with a key."""

    code = "idempotency_key_missing"
    title = "An Idempotency-Key is needed"
    message = "Send an Idempotency-Key header, such as a new UUID, so that a retry cannot happen twice."


class KeyReused(Unprocessable):
    """The key was used before for another request."""

    code = "idempotency_key_reused"
    title = "The Idempotency-Key was used for another request"
    message = "This Idempotency-Key belongs to a request with other content. Use a new key."


class KeyRunning(Conflict):
    """The first request with this key has not ended, or ended while this one ran; `retry_after` is in seconds."""

    code = "idempotency_key_running"
    title = "A request with this Idempotency-Key is still running"
    message = "Wait, then send the same request again to get its answer."

    def __init__(self, retry_after: int = 1) -> None:
        super().__init__()
        self.retry_after = max(1, retry_after)


@dataclass(frozen=True, slots=True)
class IdempotencyKey:
    """A key and whose it is. `tenant` is a uuid or `platform`, `route` is the method and the pattern of the URL."""

    tenant: str
    actor: str
    route: str
    key: str

    @property
    def digest(self) -> str:
        """SHA-256 of the four parts in hexadecimal: what the record is unique by."""
        return _sha256(part.encode() for part in (self.tenant, self.actor, self.route, self.key))


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to do the work of one record; `token` is new with every claim, so a claim taken over is worthless."""

    record: UUID
    token: UUID


@dataclass(frozen=True, slots=True)
class StoredAnswer:
    """A finished answer as it was sent."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, response: HttpResponse) -> "StoredAnswer":
        """What is kept of a rendered response."""
        return cls(
            response.status_code, response.content, {name: response[name] for name in KEPT_HEADERS if name in response}
        )

    def replay(self) -> HttpResponse:
        """The same answer once more."""
        return HttpResponse(self.body, status=self.status, headers={**self.headers, REPLAYED: "true"})


class IdempotencyStore(Protocol):
    """Where records live: in the schema of the current context, one per `IdempotencyKey.digest`, kept for
    IDEMPOTENCY_KEPT_DAYS after their creation.

    A record is running (token, lease) or finished (answer). While its work runs, the work's transaction holds a row
    lock on it; so a record that is running, not locked and past its lease belongs to a process that was killed.
    """

    def claim(self, key: IdempotencyKey, *, fingerprint: str, lease_seconds: int) -> Claim | StoredAnswer:
        """Insert a running record in a transaction of its own that has committed when this returns.

        Where the record exists: raises KeyReused if its fingerprint differs, whatever its state; returns the answer if
        it is finished; raises KeyRunning if its row is locked (never wait for the lock) or its lease lives; otherwise
        gives it a new token, lease and claim. A record that vanished in between is inserted again.
        """

    def hold(self, claim: Claim) -> None:
        """Lock the record's row in the caller's transaction; raises KeyRunning if the claim was taken over."""

    def finish(self, claim: Claim, answer: StoredAnswer) -> None:
        """Keep the answer in the caller's transaction; raises KeyRunning if the claim was taken over."""

    def release(self, claim: Claim) -> None:
        """Forget the record in a transaction of its own, unless it is finished or the claim was taken over."""


@cache
def idempotency_store() -> IdempotencyStore:
    """The installed store."""
    return cast(IdempotencyStore, import_string(settings.IDEMPOTENCY_STORE)())


def read_key(request: HttpRequest, actor: Actor, *, required: bool) -> IdempotencyKey | None:
    """The key that a request carries, None without one; raises KeyMalformed, KeyMissing."""
    sent = request.headers.get(HEADER)
    if sent is None:
        if required:
            raise KeyMissing
        return None
    if not _written(sent):
        raise KeyMalformed
    tenant = require_scope().tenant
    # Nobody is the same nobody everywhere: anonymous callers share a key only with their own address.
    caller = actor.id or f"{actor.address}"
    route = cast(ResolverMatch, request.resolver_match).route
    return IdempotencyKey(
        tenant=str(tenant.uuid) if tenant else "platform",
        actor=f"{actor.kind}:{caller}",
        route=f"{request.method} {route}",
        key=sent,
    )


def fingerprint_of(request: HttpRequest, *, form: Iterable[bytes] | None = None) -> str:
    """SHA-256 of method, path with query and body; `form` stands for a multipart body, whose boundary is random."""
    body = [request.body] if form is None else form
    return _sha256([f"{request.method}".encode(), request.get_full_path().encode(), *body])


def answer_once(key: IdempotencyKey, *, fingerprint: str, work: Callable[[], HttpResponse]) -> HttpResponse:
    """Do the work and keep its rendered answer in one transaction, or repeat the answer that was kept.

    An answer of 400 and above undoes the work and frees the key. Raises KeyReused, KeyRunning.
    """
    store = idempotency_store()
    claim = store.claim(key, fingerprint=fingerprint, lease_seconds=settings.IDEMPOTENCY_LEASE_SECONDS)
    if isinstance(claim, StoredAnswer):
        return claim.replay()
    try:
        with atomic():
            store.hold(claim)
            response = work()
            if response.status_code >= 400:
                raise _Refused(response)
            store.finish(claim, StoredAnswer.of(response))
    except _Refused as refused:
        _release(store, claim)
        return refused.response
    except Exception:
        _release(store, claim)
        raise
    return response


class _Refused(Exception):
    """Carries a refusing answer through the rollback."""

    def __init__(self, response: HttpResponse) -> None:
        super().__init__()
        self.response = response


def _release(store: IdempotencyStore, claim: Claim) -> None:
    try:
        store.release(claim)
    except DatabaseError as error:
        # The request's own outcome matters more; the key is free again when its lease ends.
        logger.warning("idempotency_release_failed", record=str(claim.record), error=type(error).__name__)


def _sha256(parts: Iterable[bytes]) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(len(part).to_bytes(8, "big"))
        digest.update(part)
    return digest.hexdigest()
