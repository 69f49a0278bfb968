from collections.abc import Collection, Sequence
from datetime import timedelta
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import IntegrityError

from core.actor import SYSTEM, Actor
from core.clock import now
from core.errors import FieldError
from core.events import emit
from core.tenancy import atomic
from shared_apps.trail.services import trail_record
from shared_apps.users.actors import person_actor
from shared_apps.users.choices import TenantRole
from shared_apps.users.credentials import new_link_token, secret_hash
from shared_apps.users.emails import normalise_email
from shared_apps.users.errors import (
    AlreadyInvited,
    EmailTaken,
    InvitationClosed,
    InvitationsRefused,
    InvitationUnusable,
)
from shared_apps.users.links import public_page
from shared_apps.users.models import Invitation, InvitationRole, User
from shared_apps.users.selectors import invitation_list, may_grant, roles_with, user_get
from shared_apps.users.services.mail import mail_queue
from shared_apps.users.services.people import require_grantable, user_create

LIFETIME = timedelta(days=7)


@atomic()
def invitation_create(*, email: str, roles: Collection[str], actor: Actor) -> Invitation:
    """Ask somebody in, with roles by code, by a mail whose link works once and for a week; an earlier link ends.

    Raises EmailTaken, AlreadyInvited where somebody does it at the same moment, RoleBeyondOwn, NotFound for an unknown
    role, ValidationError for what is no e-mail address.
    """
    address = normalise_email(email)
    given = roles_with(roles)
    require_grantable(actor, given)
    if User.objects.filter(email=address).exists():
        raise EmailTaken
    for earlier in Invitation.objects.select_for_update().filter(email=address, accepted_at=None, revoked_at=None):
        _revoke(earlier, actor)
    token = new_link_token()
    invitation = _insert(
        Invitation(email=address, token_hash=secret_hash(token), invited_by=actor.user, expires_at=now() + LIFETIME)
    )
    InvitationRole.objects.bulk_create(InvitationRole(invitation=invitation, role=role) for role in given)
    codes = sorted(role.code for role in given)
    trail_record(actor=actor, action="users.invite", obj=invitation, changes={"email": address, "roles": codes})
    emit(kind="users.invited", subject_id=invitation.pk, payload={"roles": codes})
    _send(address, token, actor)
    return invitation


@atomic()
def invitations_create(*, emails: Sequence[str], roles: Collection[str], actor: Actor) -> list[Invitation]:
    """Ask several people in at once, all or nobody; InvitationsRefused names each address with its reason.

    Raises RoleBeyondOwn, NotFound for an unknown role.
    """
    made, errors = [], []
    for email in dict.fromkeys(emails):
        try:
            made.append(invitation_create(email=email, roles=roles, actor=actor))
        except (EmailTaken, AlreadyInvited) as error:
            errors.append(FieldError(field="email", code=error.code, message=f"{email}: {error}"))
        except ValidationError as error:
            errors.append(FieldError(field="email", code="invalid", message=f"{email}: {' '.join(error.messages)}"))
    if errors:
        raise InvitationsRefused(errors=errors)
    return made


@atomic()
def invitation_resend(*, invitation: Invitation, actor: Actor) -> Invitation:
    """Send a new link that works for another week; the one sent before ends.

    Raises InvitationClosed for one that was accepted or taken back, RoleBeyondOwn.
    """
    row = Invitation.objects.select_for_update().get(pk=invitation.pk)
    if row.accepted_at is not None or row.revoked_at is not None:
        raise InvitationClosed
    require_grantable(actor, list(row.roles.all()))
    token = new_link_token()
    row.token_hash, row.invited_by, row.expires_at = secret_hash(token), actor.user, now() + LIFETIME
    row.save(update_fields=["token_hash", "invited_by", "expires_at"])
    trail_record(actor=actor, action="users.resend_invitation", obj=row)
    emit(kind="users.invited", subject_id=row.pk, payload={"roles": sorted(role.code for role in row.roles.all())})
    _send(row.email, token, actor)
    return row


def _send(address: str, token: str, actor: Actor) -> None:
    mail_queue(
        template="users/mail/invitation",
        recipient=address,
        context={
            "link": f"{public_page('users:invitation_accept')}?token={token}",
            "inviter": actor.label if actor.user else "",
            "days": LIFETIME.days,
        },
    )


def _insert(invitation: Invitation) -> Invitation:
    try:
        with atomic():
            invitation.save(force_insert=True)
    except IntegrityError as error:
        raise AlreadyInvited from error
    return invitation


@atomic()
def invitation_revoke(*, invitation: Invitation, actor: Actor) -> Invitation:
    """Take an invitation back; one that was accepted or taken back already stays as it is."""
    row = Invitation.objects.select_for_update().get(pk=invitation.pk)
    if row.accepted_at is None and row.revoked_at is None:
        _revoke(row, actor)
    return row


def _revoke(invitation: Invitation, actor: Actor) -> None:
    invitation.revoked_at = now()
    invitation.save(update_fields=["revoked_at"])
    trail_record(actor=actor, action="users.revoke_invitation", obj=invitation)
    emit(kind="users.invitation_revoked", subject_id=invitation.pk)


@atomic()
def invitation_accept(*, token: str, name: str, password: str, address: str | None = None) -> User:
    """Turn an invitation into a person with its roles; the mail has shown that the address is theirs.

    Raises InvitationUnusable, also when whoever invited has lost the right to give them, EmailTaken,
    PasswordRefused.
    """
    row = invitation_list().select_for_update(of=("self",)).filter(token_hash=secret_hash(token)).first()
    if row is None or row.accepted_at or row.revoked_at or row.expires_at <= now() or not _inviter_may(row):
        raise InvitationUnusable
    codes = sorted(role.code for role in row.roles.all())
    user = user_create(email=row.email, name=name, password=password, roles=codes, actor=SYSTEM)
    row.accepted_at, row.accepted_by = now(), user
    row.save(update_fields=["accepted_at", "accepted_by"])
    actor = person_actor(user_get(user.pk), address=address)
    trail_record(actor=actor, action="users.accept_invitation", obj=row, changes={"roles": codes})
    emit(kind="users.invitation_accepted", subject_id=row.pk, payload={"user": str(user.pk)})
    return user


def _inviter_may(invitation: Invitation) -> bool:
    if invitation.invited_by_id is None:
        return True
    inviter = user_get(UUID(str(invitation.invited_by_id)))
    return inviter.is_active and all(may_grant(person_actor(inviter), role) for role in invitation.roles.all())


def owner_account_create(*, email: str, name: str, password_hash: str = "") -> None:
    """Let the first administrator of a new organisation in: by password where a hash is known, else by invitation.

    Doing it again changes nothing.
    """
    address = normalise_email(email)
    if User.objects.filter(email=address).exists() or Invitation.objects.filter(email=address).exists():
        return
    if password_hash:
        administrator = [TenantRole.TENANT_ADMIN.value]
        user_create(email=address, name=name, password_hash=password_hash, roles=administrator, actor=SYSTEM)
    else:
        invitation_create(email=address, roles=[TenantRole.TENANT_ADMIN], actor=SYSTEM)
