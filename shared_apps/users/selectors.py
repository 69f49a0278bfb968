import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal
from uuid import UUID

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from core.actor import Actor
from core.clock import now
from core.errors import NotFound
from core.permissions import PLATFORM_ROLES, TENANT_ROLES, grantable, role_grants
from core.tenancy import require_scope
from shared_apps.users.choices import PlatformRole, TenantRole
from shared_apps.users.counting import Access as Access
from shared_apps.users.counting import access_counts as access_counts
from shared_apps.users.credentials import secret_hash
from shared_apps.users.models import ApiKey, Invitation, Role, SavedView, SignIn, TokenFamily, User
from shared_apps.users.sign_in_policy import Policy, sign_in_policy
from shared_apps.users.tokens import Claims


@dataclass(frozen=True, slots=True)
class SignedInDevice:
    """One place where a person is signed in: a browser, or a program that refreshes tokens."""

    id: UUID
    kind: Literal["browser", "program"]
    address: str | None
    user_agent: str
    created_at: datetime
    last_seen_at: datetime
    current: bool


def realm_actions() -> frozenset[str]:
    """Every action that a role or key of the current schema can hold: a tenant's never holds the platform's."""
    return grantable(PLATFORM_ROLES if require_scope().is_platform else TENANT_ROLES)


def role_permissions(role: Role) -> frozenset[str]:
    """What a role allows: from code for a built-in one, from its row for a role that the tenant made."""
    return role_grants(role.code) if role.is_system else realm_actions() & set(role.permissions)


def permissions_of(user: User) -> frozenset[str]:
    """What a person's roles allow together."""
    return frozenset[str]().union(*(role_permissions(role) for role in user.roles.all()))


def administrator_role() -> str:
    """The code of the role whose last holder cannot be lost in the current schema."""
    return PlatformRole.PLATFORM_ADMIN if require_scope().is_platform else TenantRole.TENANT_ADMIN


def user_list() -> QuerySet[User]:
    """Everybody, newest first."""
    return User.objects.prefetch_related("roles").order_by("-id")


def person_list() -> QuerySet[User]:
    """Everybody, newest first, with `second_factor`: whether a password alone does not sign them in."""
    return user_list().annotate(second_factor=Exists(_strong_factors().filter(user=OuterRef("pk"))))


def user_get(user_id: UUID | str) -> User:
    """One person; raises NotFound."""
    try:
        return user_list().get(pk=user_id)
    except User.DoesNotExist as error:
        raise NotFound from error


def user_is_verified(user: User) -> bool:
    """Whether the person has shown that the address is theirs."""
    return EmailAddress.objects.filter(user=user, email=user.email, verified=True).exists()


def has_second_factor(user: User) -> bool:
    """Whether a password alone does not sign this person in."""
    return _strong_factors().filter(user=user).exists()


def _strong_factors() -> QuerySet[Authenticator]:
    return Authenticator.objects.filter(type__in=(Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN))


def lacks_second_factor(user: User) -> bool:
    """Whether this person may do nothing until they have a second factor, because it is demanded of them now."""
    policy = sign_in_policy()
    return not policy.in_grace and _is_demanded(policy, user) and not has_second_factor(user)


def second_factor_due(user: User) -> date | None:
    """The last day on which this person may still do without a second factor; None where nothing is to be done."""
    policy = sign_in_policy()
    due = policy.in_grace and _is_demanded(policy, user) and not has_second_factor(user)
    return policy.grace_until if due else None


def _is_demanded(policy: Policy, user: User) -> bool:
    return policy.demands_of(manages_people="users.change_role" in permissions_of(user))


def people_without_second_factor() -> int:
    """How many active people a password alone signs in."""
    protected = Exists(_strong_factors().filter(user=OuterRef("pk")))
    return User.objects.filter(~protected, is_active=True).count()


def own_sign_ins(user: User) -> QuerySet[SignIn]:
    """A person's own sign-ins and what was refused in their name, newest first."""
    return SignIn.objects.filter(user=user).order_by("-id")


def sign_in_list(actor: Actor) -> QuerySet[SignIn]:
    """The sign-ins that an actor may see: their own, or everybody's with `sign_ins.view`; newest first."""
    found = SignIn.objects.select_related("user").order_by("-id")
    if actor.may("sign_ins.view"):
        return found
    return found.filter(user_id=actor.user.pk) if actor.user is not None else found.none()


def people_who_may(code: str) -> list[User]:
    """Everybody active whose roles allow an action."""
    granting = [role.pk for role in Role.objects.all() if code in role_permissions(role)]
    return list(User.objects.filter(is_active=True, assignments__role__in=granting).distinct().order_by("id"))


def role_list() -> QuerySet[Role]:
    """All roles, the built-in ones first."""
    return Role.objects.order_by("-is_system", "id")


def role_list_counted() -> QuerySet[Role]:
    """All roles with `people`: how many have each."""
    return role_list().annotate(people=Count("assignments"))


def role_get(role_id: UUID | str) -> Role:
    """One role; raises NotFound."""
    try:
        return role_list().get(pk=role_id)
    except Role.DoesNotExist as error:
        raise NotFound from error


def roles_with(codes: Iterable[str]) -> list[Role]:
    """The roles with these codes; raises NotFound when one does not exist here."""
    wanted = set(codes)
    found = list(role_list().filter(code__in=wanted))
    if len(found) != len(wanted):
        raise NotFound("There is no such role here.")
    return found


def grantable_roles(actor: Actor) -> list[Role]:
    """The roles that an actor may give: those that allow nothing beyond what the actor may do or give."""
    return [role for role in role_list() if may_grant(actor, role)]


def may_grant(actor: Actor, role: Role) -> bool:
    """Whether a role allows nothing beyond what the actor may do or give."""
    return covers(actor, role_permissions(role))


def covers(actor: Actor, codes: Iterable[str]) -> bool:
    """Whether actions are no more than an actor may do, or give: administrators appoint those who keep the books."""
    return actor.may("roles.give_any") or all(actor.may(code) for code in codes)


def giveable_actions(actor: Actor) -> set[str]:
    """What an actor may put into a role."""
    return {code for code in realm_actions() if covers(actor, [code])}


def invitation_list() -> QuerySet[Invitation]:
    """All invitations, newest first."""
    return Invitation.objects.select_related("invited_by").prefetch_related("roles").order_by("-id")


def invitation_get(invitation_id: UUID | str) -> Invitation:
    """One invitation; raises NotFound."""
    try:
        return invitation_list().get(pk=invitation_id)
    except Invitation.DoesNotExist as error:
        raise NotFound from error


def invitation_with(token: str) -> Invitation | None:
    """The invitation that a link's token opens now: neither accepted nor revoked nor expired."""
    open_now = Q(accepted_at=None, revoked_at=None, expires_at__gt=now())
    return invitation_list().filter(open_now, token_hash=secret_hash(token)).first()


def api_key_list(actor: Actor) -> QuerySet[ApiKey]:
    """The keys that an actor may see: their own, or everybody's with `api_keys.manage`; newest first."""
    keys = ApiKey.objects.select_related("owner").order_by("-id")
    if actor.may("api_keys.manage"):
        return keys
    return keys.filter(owner_id=actor.user.pk) if actor.user is not None else keys.none()


def api_key_get(key_id: UUID | str, *, actor: Actor) -> ApiKey:
    """One key that the actor may see; raises NotFound."""
    try:
        return api_key_list(actor).get(pk=key_id)
    except ApiKey.DoesNotExist as error:
        raise NotFound from error


def api_key_with(public_id: str, secret: str) -> ApiKey | None:
    """The key that works now with this secret: not revoked, not expired, its owner active and unchanged since."""
    key = ApiKey.objects.select_related("owner").prefetch_related("owner__roles").filter(public_id=public_id).first()
    # Compared also where there is no key, so that a known public id takes no other time than an unknown one.
    matches = hmac.compare_digest(key.secret_hash if key else "0" * 64, secret_hash(secret))
    return key if key is not None and matches and key.state == "active" else None


def token_family_with(claims: Claims) -> TokenFamily | None:
    """The family of an access token while it lives: not ended, not expired, its person active and unchanged since."""
    family = (
        TokenFamily.objects.select_related("user")
        .prefetch_related("user__roles")
        .filter(pk=claims.family, user_id=claims.user)
        .first()
    )
    return (
        family if family is not None and family_lives(family) and claims.version == family.credential_version else None
    )


def family_lives(family: TokenFamily) -> bool:
    """Whether tokens of this family still work."""
    user, hours = family.user, sign_in_policy().session_hours
    return (
        family.revoked_at is None
        and family.expires_at > now()
        and (hours is None or family.created_at > now() - timedelta(hours=hours))
        and user.is_active
        and user.credential_version == family.credential_version
    )


def devices_of(user: User, *, session_key: str | None = None, family: UUID | None = None) -> list[SignedInDevice]:
    """Where a person is signed in, newest first; `session_key` and `family` say which of them asks."""
    browsers = [
        SignedInDevice(
            id=browser_id(session.session_key),
            kind="browser",
            address=session.ip,
            user_agent=session.user_agent,
            created_at=session.created_at,
            last_seen_at=session.last_seen_at,
            current=session.session_key == session_key,
        )
        for session in UserSession.objects.purge_and_list(user)
    ]
    alive = TokenFamily.objects.filter(
        user=user, revoked_at=None, expires_at__gt=now(), credential_version=user.credential_version
    )
    programs = [
        SignedInDevice(
            id=row.pk,
            kind="program",
            address=row.address,
            user_agent=row.user_agent,
            created_at=row.created_at,
            last_seen_at=row.last_used_at,
            current=row.pk == family,
        )
        for row in alive
    ]
    return sorted([*browsers, *programs], key=lambda device: device.created_at, reverse=True)


def browser_id(session_key: str) -> UUID:
    """What a browser's session is called towards its person: from its key, which it does not tell."""
    return UUID(bytes=hashlib.sha256(f"livery.browser:{session_key}".encode()).digest()[:16])


def saved_view_list(user: User, list_name: str) -> QuerySet[SavedView]:
    """A person's views of a list, in the order in which they were first saved."""
    return SavedView.objects.filter(user=user, list_name=list_name).order_by("id")
