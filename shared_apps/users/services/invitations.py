from datetime import timedelta
from uuid import UUID

from django.db import IntegrityError

from core.actor import SYSTEM, Actor
from core.clock import now
from core.events import emit
from core.tenancy import atomic
from shared_apps.trail.services import trail_record
from shared_apps.users.actors import person_actor
from shared_apps.users.choices import TenantRole
from shared_apps.users.credentials import new_link_token, secret_hash
from shared_apps.users.emails import normalise_email
from shared_apps.users.errors import AlreadyInvited, EmailTaken, InvitationUnusable
from shared_apps.users.links import public_page
from shared_apps.users.models import Invitation, User
from shared_apps.users.selectors import invitation_list, may_grant, roles_with, user_get
from shared_apps.users.services.mail import mail_queue
from shared_apps.users.services.people import require_grantable, user_create

LIFETIME = timedelta(days=7)


@atomic()
def invitation_create(*, email: str, role: str, actor: Actor) -> Invitation:
    """Ask somebody in, with one role, by a mail whose link works once and for a week; an earlier link of theirs ends.

    Raises EmailTaken, AlreadyInvited where somebody does it at the same moment, RoleBeyondOwn, NotFound for an unknown
    role, ValidationError for what is no e-mail address.
    """
    address = normalise_email(email)
    given = roles_with([role])
    require_grantable(actor, given)
    if User.objects.filter(email=address).exists():
        raise EmailTaken
    for earlier in Invitation.objects.select_for_update().filter(email=address, accepted_at=None, revoked_at=None):
        _revoke(earlier, actor)
    token = new_link_token()
    invitation = _insert(
        Invitation(
            email=address,
            role=given[0],
            token_hash=secret_hash(token),
            invited_by=actor.user,
            expires_at=now() + LIFETIME,
        )
    )
    trail_record(actor=actor, action="users.invite", obj=invitation, changes={"email": address, "role": role})
    emit(kind="users.invited", subject_id=invitation.pk, payload={"role": role})
    mail_queue(
        template="users/mail/invitation",
        recipient=address,
        context={
            "link": f"{public_page('users:invitation_accept')}?token={token}",
            "inviter": actor.label if actor.user else "",
            "days": LIFETIME.days,
        },
    )
    return invitation


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
    """Turn an invitation into a person with its role; the mail has shown that the address is theirs.

    Raises InvitationUnusable, also when whoever invited has lost the right to give the role, EmailTaken,
    PasswordRefused.
    """
    row = invitation_list().select_for_update(of=("self",)).filter(token_hash=secret_hash(token)).first()
    if row is None or row.accepted_at or row.revoked_at or row.expires_at <= now() or not _inviter_may(row):
        raise InvitationUnusable
    user = user_create(email=row.email, name=name, password=password, roles=[row.role.code], actor=SYSTEM)
    row.accepted_at, row.accepted_by = now(), user
    row.save(update_fields=["accepted_at", "accepted_by"])
    actor = person_actor(user_get(user.pk), address=address)
    trail_record(actor=actor, action="users.accept_invitation", obj=row, changes={"role": row.role.code})
    emit(kind="users.invitation_accepted", subject_id=row.pk, payload={"user": str(user.pk)})
    return user


def _inviter_may(invitation: Invitation) -> bool:
    if invitation.invited_by_id is None:
        return True
    inviter = user_get(UUID(str(invitation.invited_by_id)))
    return inviter.is_active and may_grant(person_actor(inviter), invitation.role)


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
        invitation_create(email=address, role=TenantRole.TENANT_ADMIN, actor=SYSTEM)
