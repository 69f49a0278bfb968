import math
from datetime import timedelta
from typing import cast
from uuid import uuid4

from django.db import IntegrityError
from django.db.models import QuerySet

from core import clock
from core.api.idempotency import Claim, IdempotencyKey, KeyReused, KeyRunning, StoredAnswer
from core.tenancy import atomic
from tenant_apps.jobs.choices import RecordState
from tenant_apps.jobs.models import IdempotencyRecord


class DatabaseIdempotencyStore:
    """Keeps the answers to writes in the schema that they wrote to, so both are committed or neither."""

    def claim(self, key: IdempotencyKey, *, fingerprint: str, lease_seconds: int) -> Claim | StoredAnswer:
        """The right to do the work, or the answer that it had. Raises KeyReused, KeyRunning."""
        lease = timedelta(seconds=lease_seconds)
        while True:
            record = IdempotencyRecord.objects.filter(digest=key.digest).first()
            claim: Claim | StoredAnswer | None
            if record is None:
                claim = _insert(key, fingerprint, lease)
            elif record.fingerprint != fingerprint:
                raise KeyReused
            elif record.state == RecordState.FINISHED:
                return _answer(record)
            else:
                claim = _answer_or_take_over(record, lease)
            if claim is not None:
                return claim

    def hold(self, claim: Claim) -> None:
        """Lock the record's row in the caller's transaction; raises KeyRunning if the claim was taken over."""
        if _claimed(claim).select_for_update().first() is None:
            raise KeyRunning

    def finish(self, claim: Claim, answer: StoredAnswer) -> None:
        """Keep the answer in the caller's transaction; raises KeyRunning if the claim was taken over."""
        changed = _claimed(claim).update(
            state=RecordState.FINISHED,
            token=None,
            lease_until=None,
            answer_status=answer.status,
            answer_headers=dict(answer.headers),
            answer_body=answer.body,
            finished_at=clock.now(),
        )
        if not changed:
            raise KeyRunning

    @atomic(durable=True)
    def release(self, claim: Claim) -> None:
        """Forget the record, unless it is finished or the claim was taken over."""
        _claimed(claim).delete()


def _claimed(claim: Claim) -> QuerySet[IdempotencyRecord]:
    return IdempotencyRecord.objects.filter(pk=claim.record, token=claim.token, state=RecordState.RUNNING)


def _insert(key: IdempotencyKey, fingerprint: str, lease: timedelta) -> Claim | None:
    """A new record's claim; None where somebody else was quicker."""
    token = uuid4()
    try:
        with atomic(durable=True):
            record = IdempotencyRecord.objects.create(
                digest=key.digest,
                actor=key.actor,
                route=key.route,
                key=key.key,
                fingerprint=fingerprint,
                token=token,
                lease_until=clock.now() + lease,
            )
    except IntegrityError:
        return None
    return Claim(record.pk, token)


@atomic(durable=True)
def _answer_or_take_over(seen: IdempotencyRecord, lease: timedelta) -> Claim | StoredAnswer | None:
    """The answer, or the claim of a process that was killed; None where the record vanished. Raises KeyRunning."""
    record = IdempotencyRecord.objects.select_for_update(skip_locked=True).filter(pk=seen.pk).first()
    if record is None:
        if IdempotencyRecord.objects.filter(pk=seen.pk).exists():
            raise KeyRunning
        return None
    if record.state == RecordState.FINISHED:
        return _answer(record)
    now = clock.now()
    left = (record.lease_until or now) - now
    if left > timedelta():
        raise KeyRunning(math.ceil(left.total_seconds()))
    token = uuid4()
    record.token, record.lease_until = token, now + lease
    record.save(update_fields=["token", "lease_until"])
    return Claim(record.pk, token)


def _answer(record: IdempotencyRecord) -> StoredAnswer:
    # The database holds a finished record to having both.
    status, body = cast(int, record.answer_status), cast(bytes, record.answer_body)
    return StoredAnswer(status, bytes(body), record.answer_headers)
