from collections.abc import Collection
from typing import Any

from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError

from core.actor import Actor
from core.errors import FieldError
from core.events import emit
from core.tenancy import atomic
from shared_apps.trail.services import trail_record
from shared_apps.users.emails import normalise_email
from shared_apps.users.errors import (
    EmailTaken,
    LastAdministrator,
    PasswordRefused,
    PersonInactive,
    RoleBeyondOwn,
)
from shared_apps.users.models import Role, RoleAssignment, User
from shared_apps.users.selectors import administrator_role, may_grant, role_list, roles_with


def user_create(
    *,
    email: str,
    actor: Actor,
    name: str = "",
    password: str | None = None,
    password_hash: str = "",
    roles: Collection[str] = (),
    verified: bool = True,
    language: str = "",
) -> User:
    """Add a person to the current schema, with roles by code; without a password they sign in only after a reset.

    `password_hash` takes a hash that was made elsewhere instead. Raises EmailTaken, PasswordRefused, RoleBeyondOwn,
    NotFound for an unknown role, ValidationError for what is no e-mail address.
    """
    given = roles_with(roles)
    require_grantable(actor, given)
    user = User(email=normalise_email(email), name=name.strip(), language=language)
    if password is not None:
        require_password(password, user)
    user.password = password_hash or make_password(password)
    with atomic():
        if verified:
            unclaimed_discard(email=user.email)
        _insert(user)
        RoleAssignment.objects.bulk_create(RoleAssignment(user=user, role=role) for role in given)
        EmailAddress.objects.create(user=user, email=user.email, primary=True, verified=verified)
        codes = sorted(role.code for role in given)
        trail_record(actor=actor, action="users.create", obj=user, changes={"email": user.email, "roles": codes})
        emit(kind="users.created", subject_id=user.pk, payload={"roles": codes})
    return user


def _insert(user: User) -> None:
    try:
        with atomic():
            user.save(force_insert=True)
    except IntegrityError as error:
        if User.objects.filter(email=user.email).exists():
            raise EmailTaken from error
        raise


def unclaimed_discard(*, email: str, keep: User | None = None) -> None:
    """Delete a registration with this address that nobody confirmed and nobody ever signed in with."""
    unclaimed = User.objects.filter(email=email, last_login=None).exclude(emailaddress__verified=True)
    for user in unclaimed.exclude(pk=keep.pk) if keep else unclaimed:
        user.delete()


@atomic()
def user_disable(*, user: User, actor: Actor, reason: str = "") -> User:
    """Shut a person out: no session, token or API key of theirs works from here on. Raises LastAdministrator."""
    require_other_administrator(user)
    user = locked(user)
    if not user.is_active:
        return user
    user.is_active = False
    raise_credential_version(user, "is_active")
    trail_record(actor=actor, action="users.disable", obj=user, summary=reason, changes={"is_active": False})
    emit(kind="users.disabled", subject_id=user.pk)
    return user


@atomic()
def user_enable(*, user: User, actor: Actor) -> User:
    """Let a person sign in again; what was signed in before stays out."""
    user = locked(user)
    if user.is_active:
        return user
    user.is_active = True
    raise_credential_version(user, "is_active")
    trail_record(actor=actor, action="users.enable", obj=user, changes={"is_active": True})
    emit(kind="users.enabled", subject_id=user.pk)
    return user


@atomic()
def user_roles_change(*, user: User, roles: Collection[str], actor: Actor) -> User:
    """Give a person exactly these roles; they have to sign in again, and their API keys end.

    Raises LastAdministrator, PersonInactive, RoleBeyondOwn for a role that the actor does not cover, given or taken.
    """
    wanted = roles_with(roles)
    codes = {role.code for role in wanted}
    if administrator_role() not in codes:
        require_other_administrator(user)
    user = locked(user)
    if not user.is_active:
        raise PersonInactive
    held = list(role_list().filter(assignments__user=user))
    before = {role.code for role in held}
    if before == codes:
        return user
    require_grantable(actor, [role for role in (*held, *wanted) if role.code in before ^ codes])
    RoleAssignment.objects.filter(user=user).exclude(role__in=wanted).delete()
    RoleAssignment.objects.bulk_create(
        RoleAssignment(user=user, role=role) for role in wanted if role.code not in before
    )
    raise_credential_version(user)
    changes = {"roles": {"from": sorted(before), "to": sorted(codes)}}
    trail_record(actor=actor, action="users.change_role", obj=user, changes=changes)
    emit(kind="users.roles_changed", subject_id=user.pk, payload={"roles": sorted(codes)})
    return user


@atomic()
def user_profile_change(*, user: User, actor: Actor, name: str, language: str, time_zone: str) -> User:
    """Change what a person is called and in which language and time zone they read."""
    user = locked(user)
    after = {"name": name.strip(), "language": language, "time_zone": time_zone}
    changes = {
        field: {"from": getattr(user, field), "to": value}
        for field, value in after.items()
        if getattr(user, field) != value
    }
    if changes:
        for field in changes:
            setattr(user, field, after[field])
        user.save(update_fields=list(changes))
        trail_record(actor=actor, action="users.change_profile", obj=user, changes=changes)
    return user


@atomic()
def password_set(*, user: User, password: str, actor: Actor) -> User:
    """Give a person a new password; every session, token and API key of theirs ends. Raises PasswordRefused."""
    require_password(password, user)
    user.password = make_password(password)
    row = locked(user)
    row.password = user.password
    raise_credential_version(row, "password")
    user.credential_version = row.credential_version
    trail_record(actor=actor, action="users.set_password", obj=row)
    emit(kind="users.password_set", subject_id=user.pk)
    return user


@atomic()
def sign_out_everywhere(*, user: User, actor: Actor) -> User:
    """End every session, token and API key of a person."""
    user = locked(user)
    raise_credential_version(user)
    trail_record(actor=actor, action="users.sign_out_everywhere", obj=user)
    return user


def require_grantable(actor: Actor, roles: Collection[Role]) -> None:
    """Raise RoleBeyondOwn for a role that allows what the actor may not do."""
    for role in roles:
        if not may_grant(actor, role):
            raise RoleBeyondOwn


def require_other_administrator(user: User) -> None:
    """Raise LastAdministrator if this person is the only active administrator; others wait until the caller commits.

    The role's row is the lock, so two administrators who demote each other at once cannot both succeed.
    """
    role = Role.objects.select_for_update(no_key=True).get(code=administrator_role())
    holders = User.objects.filter(assignments__role=role, is_active=True)
    if holders.filter(pk=user.pk).exists() and not holders.exclude(pk=user.pk).exists():
        raise LastAdministrator


def require_password(password: str, user: User) -> None:
    """Raise PasswordRefused with what is wrong with a new password."""
    try:
        validate_password(password, user)
    except ValidationError as error:
        errors = [
            FieldError(field="password", code=str(each.code), message=message)
            for each in error.error_list
            for message in each.messages
        ]
        raise PasswordRefused(" ".join(error.messages), errors=errors) from error


def locked(user: User) -> User:
    """The person's row as it is now, held until the transaction ends."""
    return User.objects.select_for_update(no_key=True).get(pk=user.pk)


def raise_credential_version(user: User, *fields: Any) -> None:
    """End every session, token and API key of a person whose row is held; save further fields with it."""
    user.credential_version += 1
    user.save(update_fields=["credential_version", *fields])
