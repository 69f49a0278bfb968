from datetime import timedelta

from core.clock import now
from shared_apps.signup.models import SignUp

# Whoever did not come back with the code in a day begins again; what they typed is not kept any longer.
_KEPT = timedelta(days=1)
_BATCH = 1000


def sign_ups_purge() -> int:
    """Delete sign-ups that led to no organisation, some at a time; returns how many."""
    keys = list(SignUp.objects.filter(tenant=None, created_at__lt=now() - _KEPT).values_list("pk", flat=True)[:_BATCH])
    return SignUp.objects.filter(pk__in=keys, tenant=None).delete()[0]
