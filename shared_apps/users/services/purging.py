from datetime import timedelta

from allauth.account.models import EmailConfirmation
from django.db.models import Q

from core.clock import now
from shared_apps.users.models import Mail, SignIn, TokenFamily, User

# Long enough to answer "did the mail leave?" and "was that sign-in ended?"; the trail keeps the rest.
_KEPT = timedelta(days=90)
_UNCLAIMED = timedelta(days=14)
SIGN_INS_KEPT = timedelta(days=180)
_BATCH = 1000


def purge_expired() -> int:
    """Delete what can no longer sign anybody in and is no longer asked for, some of it at a time; returns how much.

    Those are expired confirmations and token families, messages that are done, sign-ins of half a year ago, and
    registrations that nobody confirmed.
    """
    at = now()
    rows = [
        EmailConfirmation.objects.filter(created__lt=at - _KEPT),
        TokenFamily.objects.filter(expires_at__lt=at - _KEPT),
        Mail.objects.filter(created_at__lt=at - _KEPT).exclude(Q(sent_at=None) & Q(failed_at=None)),
        SignIn.objects.filter(at__lt=at - SIGN_INS_KEPT),
        User.objects.filter(date_joined__lt=at - _UNCLAIMED, last_login=None, emailaddress__verified=False).exclude(
            emailaddress__verified=True
        ),
    ]
    count = 0
    for each in rows:
        keys = list(each.values_list("pk", flat=True)[:_BATCH])
        each.model.objects.filter(pk__in=keys).delete()
        count += len(keys)
    return count
