"""What is demanded of everybody who signs in, asked with each request: a change is felt by the next one."""

import time
from dataclasses import dataclass
from datetime import date

from django.conf import settings
from django.http import HttpRequest

from core import clock
from core.tenancy import require_scope
from shared_apps.users.choices import TwoFactorDemand
from shared_apps.users.models import SignInPolicy

_SIGNED_IN_AT = "signed_in_at"
# No policy ends a session that is younger, so the policy is not asked for one.
_SHORTEST_SESSION_SECONDS = 3600


@dataclass(frozen=True, slots=True)
class Policy:
    """`session_hours` None leaves a sign-in as long as the browser keeps it, two weeks at most."""

    two_factor: str = TwoFactorDemand.NOBODY.value
    grace_until: date | None = None
    session_hours: int | None = None

    def demands_of(self, *, manages_people: bool) -> bool:
        """Whether a second factor is demanded of somebody, once the grace is over."""
        return self.two_factor == TwoFactorDemand.EVERYBODY or (
            self.two_factor == TwoFactorDemand.ADMINISTRATORS and manages_people
        )

    @property
    def in_grace(self) -> bool:
        """Whether there is still time to set one up."""
        return self.grace_until is not None and clock.today() <= self.grace_until


def sign_in_policy() -> Policy:
    """The policy of the current schema; the platform may demand a second factor of everybody by its settings."""
    row = SignInPolicy.objects.first()
    found = Policy() if row is None else Policy(row.two_factor, row.grace_until, row.session_hours)
    if require_scope().is_platform and settings.PLATFORM_REQUIRES_TWO_FACTOR:
        return Policy(TwoFactorDemand.EVERYBODY.value, None, found.session_hours)
    return found


def stamp_sign_in(request: HttpRequest) -> None:
    """Keep with a session when it was signed in."""
    request.session[_SIGNED_IN_AT] = int(time.time())


def session_is_over(request: HttpRequest) -> bool:
    """Whether a session lasts longer than the policy allows; one of unknown age does."""
    age = time.time() - request.session.get(_SIGNED_IN_AT, 0)
    if age < _SHORTEST_SESSION_SECONDS:
        return False
    hours = sign_in_policy().session_hours
    return hours is not None and age >= hours * 3600
