from dataclasses import dataclass

from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db.models import F, Q

from core.clock import now
from shared_apps.users.models import ApiKey, TokenFamily, User


@dataclass(frozen=True, slots=True)
class Access:
    """Who and what can get in now: active people, browsers and programs that are signed in, usable API keys."""

    people: int
    browsers: int
    programs: int
    api_keys: int


def access_counts() -> Access:
    """The figures of the current schema."""
    live = Session.objects.filter(expire_date__gt=now()).values("session_key")
    unexpired = Q(expires_at=None) | Q(expires_at__gt=now())
    return Access(
        people=User.objects.filter(is_active=True).count(),
        browsers=UserSession.objects.filter(session_key__in=live).count(),
        programs=TokenFamily.objects.filter(
            unexpired,
            revoked_at=None,
            user__is_active=True,
            credential_version=F("user__credential_version"),
        ).count(),
        api_keys=ApiKey.objects.filter(
            unexpired,
            revoked_at=None,
            owner__is_active=True,
            credential_version=F("owner__credential_version"),
        ).count(),
    )
