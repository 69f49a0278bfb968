from datetime import date, datetime

from core.actor import Actor
from core.errors import Unprocessable
from core.permissions import require
from core.tenancy import atomic
from shared_apps.trail.services import trail_record
from tenant_apps.accounting.choices import LockArea
from tenant_apps.accounting.errors import HardLock, SelfApproval
from tenant_apps.accounting.models import LockException, PeriodLock
from tenant_apps.accounting.services.calls import responsible


def period_lock(*, area: str, through: date, actor: Actor) -> PeriodLock:
    """Take no more entries of an area dated up to a day; waits for postings under way.

    A soft lock is moved back by giving an earlier day. The hard one only moves forward: raises HardLock.
    """
    require("accounting.lock_hard" if area == LockArea.HARD else "accounting.lock", actor)
    with atomic():
        lock = PeriodLock.objects.select_for_update().filter(pk=area).first() or PeriodLock(area=area, through=through)
        if area == LockArea.HARD and through < lock.through:
            raise HardLock(facts={"through": lock.through})
        before, lock.through = lock.through, through
        lock.changed_by = responsible(actor)
        lock.save()
        lock.refresh_from_db(fields=["changed_at"])
        change = {"through": {"from": before, "to": through}}
        trail_record(actor=actor, action="accounting.lock", obj=lock, changes=change)
    return lock


def lock_exception_grant(
    *,
    area: str,
    person: str,
    requested_by: str,
    starts_on: date,
    ends_on: date,
    reason: str,
    expires_at: datetime,
    actor: Actor,
) -> LockException:
    """Let one person post into days that a soft lock closed, until an instant.

    The actor is the second person: raises SelfApproval for their own exception or request.
    """
    require("accounting.grant_exception", actor)
    if responsible(actor) in (person, requested_by):
        raise SelfApproval("Somebody else must grant an exception that you asked for or would use.")
    if not reason.strip() or starts_on > ends_on or area == LockArea.HARD:
        raise Unprocessable("Give a reason, the first and last day, and an area that is not closed for good.")
    with atomic():
        exception = LockException.objects.create(
            area=area,
            person=person,
            requested_by=requested_by,
            starts_on=starts_on,
            ends_on=ends_on,
            reason=reason,
            expires_at=expires_at,
            granted_by=responsible(actor),
        )
        trail_record(actor=actor, action="accounting.grant_exception", obj=exception, summary=reason)
    return exception
