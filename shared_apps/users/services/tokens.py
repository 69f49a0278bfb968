from dataclasses import dataclass
from datetime import datetime
from functools import partial
from uuid import UUID

from core.actor import Actor
from core.clock import now
from core.tenancy import atomic
from shared_apps.trail.services import trail_record
from shared_apps.users import tokens
from shared_apps.users.actors import person_actor
from shared_apps.users.choices import FamilyEnd
from shared_apps.users.credentials import secret_hash
from shared_apps.users.errors import PersonInactive
from shared_apps.users.models import RefreshToken, TokenFamily, User
from shared_apps.users.selectors import family_lives, user_get
from shared_apps.users.services.people import locked
from shared_apps.users.services.sign_ins import sign_in_note
from shared_apps.users.tokens import TokenInvalid


@dataclass(frozen=True, slots=True)
class TokenPair:
    """What a sign-in or refresh answers; the texts are not kept."""

    access: str
    access_expires_at: datetime
    refresh: str
    refresh_expires_at: datetime


@atomic()
def token_issue(*, user: User, actor: Actor, user_agent: str = "") -> TokenPair:
    """Sign a person in through REST: a new family with its first refresh token, and an access token.

    The caller has checked the password and the second factor. Raises PersonInactive.
    """
    row = locked(user)
    if not row.is_active:
        raise PersonInactive
    row.last_login = now()
    row.save(update_fields=["last_login"])
    family = TokenFamily.objects.create(
        user=row,
        credential_version=row.credential_version,
        address=actor.address,
        user_agent=user_agent[:200],
        expires_at=now() + tokens.FAMILY_LIFETIME,
    )
    trail_record(actor=actor, action="users.sign_in", obj=row, changes={"by": "token"})
    sign_in_note(user=row, email=row.email, method="token", address=actor.address, user_agent=user_agent)
    return _next_pair(family, parent=None)


def token_refresh(*, refresh: str, address: str | None = None) -> TokenPair:
    """Exchange a refresh token for the next pair. A token works once.

    One that comes a second time ends its family, whichever of the two came first: it may have been stolen, and its
    holder is then known only by the sign-in that follows. Of two that come at once one gets a pair, and the other
    ends the family with that pair in it, so a client refreshes in one place at a time. Raises TokenInvalid.
    """
    claims = tokens.read(refresh, use="rt+jwt")
    with atomic():
        pair = _refresh(claims, address)
    if pair is None:
        raise TokenInvalid
    return pair


def _refresh(claims: tokens.Claims, address: str | None) -> TokenPair | None:
    families = TokenFamily.objects.select_for_update(of=("self",)).select_related("user")
    family = families.filter(pk=claims.family, user_id=claims.user).first()
    if family is None or not family_lives(family) or claims.version != family.credential_version:
        return None
    token = RefreshToken.objects.filter(family=family, jti_hash=secret_hash(claims.jti)).first()
    if token is None:
        return None
    if token.used_at is not None:
        actor = person_actor(user_get(claims.user), address=address)
        _end(family, FamilyEnd.REUSED, actor, "A refresh token was used twice; every token that follows from it ended.")
        return None
    token.used_at = family.last_used_at = now()
    family.address = address
    token.save(update_fields=["used_at"])
    family.save(update_fields=["last_used_at", "address"])
    return _next_pair(family, parent=token)


@atomic()
def token_family_end(*, family_id: UUID, user: User, actor: Actor, signed_out: bool = False) -> bool:
    """End all tokens of one REST sign-in of this person, access tokens too; whether there was one to end."""
    family = TokenFamily.objects.select_for_update().filter(pk=family_id, user=user, revoked_at=None).first()
    if family is None:
        return False
    _end(family, FamilyEnd.SIGNED_OUT if signed_out else FamilyEnd.REVOKED, actor, "")
    return True


def _end(family: TokenFamily, why: FamilyEnd, actor: Actor, summary: str) -> None:
    family.revoked_at, family.revoked_for = now(), why
    family.save(update_fields=["revoked_at", "revoked_for"])
    trail_record(
        actor=actor, action="users.end_token_family", obj=family, summary=summary, changes={"reason": why.value}
    )


def _next_pair(family: TokenFamily, *, parent: RefreshToken | None) -> TokenPair:
    issue = partial(tokens.issue, user=family.user_id, family=family.pk, version=family.credential_version)
    left = family.expires_at - now()
    refresh, claims = issue(use="rt+jwt", lifetime=min(tokens.REFRESH_LIFETIME, left))
    RefreshToken.objects.create(
        family=family, parent=parent, jti_hash=secret_hash(claims.jti), expires_at=claims.expires_at
    )
    access, access_claims = issue(use="at+jwt", lifetime=min(tokens.ACCESS_LIFETIME, left))
    return TokenPair(access, access_claims.expires_at, refresh, claims.expires_at)
