import re
import unicodedata
from collections.abc import Collection

from django.db import IntegrityError

from core.actor import Actor
from core.errors import FieldError
from core.events import emit
from core.ids import uuid7
from core.tenancy import atomic
from shared_apps.trail.services import trail_record
from shared_apps.users.errors import RoleBeyondOwn, RoleBuiltIn, RoleInUse, RoleRefused
from shared_apps.users.models import InvitationRole, Role, RoleAssignment
from shared_apps.users.selectors import covers, realm_actions, role_permissions
from shared_apps.users.services.people import require_grantable

LONGEST_NAME = 100


@atomic()
def role_create(*, name: str, permissions: Collection[str], actor: Actor) -> Role:
    """Make a role of the tenant's own that allows these actions. Raises RoleRefused, RoleBeyondOwn."""
    name = _named(name)
    role = Role(name=name, code=_code(name), permissions=_checked(permissions, actor))
    _save(role)
    trail_record(actor=actor, action="roles.create", obj=role, changes={"permissions": role.permissions})
    emit(kind="roles.created", subject_id=role.pk)
    return role


@atomic()
def role_change(*, role: Role, name: str, permissions: Collection[str], actor: Actor) -> Role:
    """Give a role another name or other actions; whoever has it may do them from the next request on.

    Raises RoleBuiltIn, RoleRefused, RoleBeyondOwn also for a role that already allows more than the actor may do.
    """
    row = _locked(role)
    require_grantable(actor, [row])
    before = {"name": row.name, "permissions": sorted(role_permissions(row))}
    after = {"name": _named(name), "permissions": _checked(permissions, actor)}
    changes = {key: {"from": before[key], "to": after[key]} for key in after if before[key] != after[key]}
    if changes:
        row.name, row.permissions = str(after["name"]), list(after["permissions"])
        _save(row)
        trail_record(actor=actor, action="roles.edit", obj=row, changes=changes)
        emit(kind="roles.changed", subject_id=row.pk)
    return row


@atomic()
def role_delete(*, role: Role, actor: Actor) -> None:
    """Delete a role of the tenant's own. Raises RoleBuiltIn, RoleInUse, RoleBeyondOwn.

    Giving the role to somebody waits for the row, so nobody gets one that is gone.
    """
    row = _locked(role)
    require_grantable(actor, [row])
    invited = InvitationRole.objects.filter(role=row, invitation__accepted_at=None, invitation__revoked_at=None)
    if RoleAssignment.objects.filter(role=row).exists() or invited.exists():
        raise RoleInUse
    InvitationRole.objects.filter(role=row).delete()
    trail_record(actor=actor, action="roles.delete", obj=row, changes={"permissions": row.permissions})
    emit(kind="roles.deleted", subject_id=row.pk)
    row.delete()


def _locked(role: Role) -> Role:
    row = Role.objects.select_for_update().get(pk=role.pk)
    if row.is_system:
        raise RoleBuiltIn
    return row


def _named(name: str) -> str:
    name = " ".join(name.replace("\0", "").split())
    if not 1 <= len(name) <= LONGEST_NAME:
        message = f"Give a name of 1 to {LONGEST_NAME} characters."
        raise RoleRefused(message, errors=[FieldError(field="name", code="invalid", message=message)])
    return name


def _checked(permissions: Collection[str], actor: Actor) -> list[str]:
    unknown = sorted(set(permissions) - realm_actions())
    if unknown or not permissions:
        message = f"There is no action {', '.join(unknown)} here." if unknown else "Choose at least one action."
        raise RoleRefused(message, errors=[FieldError(field="permissions", code="invalid", message=message)])
    if not covers(actor, permissions):
        raise RoleBeyondOwn
    return sorted(set(permissions))


def _code(name: str) -> str:
    """A code that says what the role is called; its end keeps it apart from every other."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return f"{re.sub(r'[^a-z0-9]+', '_', plain).strip('_')[:40] or 'role'}_{uuid7().hex[-6:]}"


def _save(role: Role) -> None:
    if Role.objects.filter(name__iexact=role.name).exclude(pk=role.pk).exists():
        raise _taken()
    try:
        with atomic():
            role.save()
    except IntegrityError as error:
        raise _taken() from error


def _taken() -> RoleRefused:
    message = "Another role has this name."
    return RoleRefused(message, errors=[FieldError(field="name", code="taken", message=message)])
