from collections.abc import Collection
from datetime import datetime, timedelta

from django.db.models import Q

from core.actor import Actor
from core.clock import now
from core.errors import FieldError, PermissionRefused
from core.events import emit
from core.tenancy import atomic
from shared_apps.trail.services import trail_record
from shared_apps.users.credentials import ApiKeyText, new_api_key, secret_hash
from shared_apps.users.errors import KeyEnded, PersonInactive, ScopeRefused
from shared_apps.users.links import public_page
from shared_apps.users.models import ApiKey, User
from shared_apps.users.selectors import realm_actions
from shared_apps.users.services.mail import mail_queue
from shared_apps.users.services.people import locked

USE_NOTED_EVERY = timedelta(minutes=1)


@atomic()
def api_key_create(
    *, owner: User, name: str, scopes: Collection[str] | None, expires_at: datetime | None, actor: Actor
) -> tuple[ApiKey, ApiKeyText]:
    """Make a key that acts as its owner within its scopes; the text is returned this once and not kept.

    `scopes` None lets it do all that the owner may at any time, which only somebody without such a limit can give.
    Raises ScopeRefused, PersonInactive, PermissionRefused where the actor is not the owner.
    """
    if actor.user is None or actor.user.pk != owner.pk:
        raise PermissionRefused("Everybody makes their own API keys.")
    _require_scopes(scopes, actor)
    if expires_at is not None and expires_at <= now():
        error = FieldError(field="expires_at", code="in_the_past", message="Choose a time in the future.")
        raise ScopeRefused("A key cannot expire in the past.", errors=[error])
    row = locked(owner)
    if not row.is_active:
        raise PersonInactive
    text = new_api_key()
    key = ApiKey.objects.create(
        owner=row,
        name=name.strip(),
        public_id=text.public_id,
        secret_hash=secret_hash(text.secret),
        scopes=None if scopes is None else sorted(set(scopes)),
        credential_version=row.credential_version,
        expires_at=expires_at,
    )
    trail_record(actor=actor, action="api_keys.create", obj=key, changes={"scopes": key.scopes, "expires": expires_at})
    emit(kind="api_keys.created", subject_id=key.pk)
    mail_queue(
        template="users/mail/api_key_created",
        recipient=row.email,
        context={
            "key_name": key.name,
            "key_hint": key.hint,
            "timestamp": key.created_at,
            "ip": actor.address,
            "link": public_page("users:api_key_list"),
        },
    )
    return key, text


def _require_scopes(scopes: Collection[str] | None, actor: Actor) -> None:
    if scopes is None:
        if actor.scopes is not None:
            raise ScopeRefused("A key with scopes cannot make one without.")
        return
    beyond = sorted(code for code in set(scopes) if code not in realm_actions() or not actor.may(code))
    if beyond or not scopes:
        errors = [
            FieldError(field="scopes", code="not_yours", message=f"You cannot give {code}.") for code in beyond
        ] or [FieldError(field="scopes", code="empty", message="Choose at least one.")]
        raise ScopeRefused("Give scopes that exist and that you have yourself.", errors=errors)


@atomic()
def api_key_rotate(*, key: ApiKey, overlap: timedelta, actor: Actor) -> tuple[ApiKey, ApiKeyText]:
    """Replace a key by a new one of the same name, scopes and lifetime; the old one still works for `overlap`.

    Raises KeyEnded, ScopeRefused for scopes that the owner has lost, PermissionRefused for anybody but the owner.
    """
    row = ApiKey.objects.select_for_update(of=("self",)).select_related("owner").get(pk=key.pk)
    if row.state != "active":
        raise KeyEnded
    lifetime = row.expires_at - row.created_at if row.expires_at is not None else None
    made, text = api_key_create(
        owner=row.owner,
        name=row.name,
        scopes=row.scopes,
        expires_at=None if lifetime is None else now() + lifetime,
        actor=actor,
    )
    ends = now() + overlap
    row.expires_at = ends if row.expires_at is None else min(row.expires_at, ends)
    if not overlap:
        row.revoked_at = ends
    row.save(update_fields=["expires_at", "revoked_at"])
    changes = {"replaced_by": made.hint, "works_until": row.expires_at}
    trail_record(actor=actor, action="api_keys.rotate", obj=row, changes=changes)
    emit(kind="api_keys.rotated", subject_id=row.pk, payload={"new": str(made.pk)})
    return made, text


@atomic()
def api_key_revoke(*, key: ApiKey, actor: Actor) -> ApiKey:
    """End a key for good; one that has ended stays as it is."""
    row = ApiKey.objects.select_for_update().get(pk=key.pk)
    if row.revoked_at is None:
        row.revoked_at = now()
        row.save(update_fields=["revoked_at"])
        trail_record(actor=actor, action="api_keys.revoke", obj=row)
        emit(kind="api_keys.revoked", subject_id=row.pk)
    return row


def api_key_note_use(*, key: ApiKey) -> None:
    """Keep when a key was last used, once a minute at most."""
    before = now() - USE_NOTED_EVERY
    if key.last_used_at is None or key.last_used_at <= before:
        stale = Q(last_used_at=None) | Q(last_used_at__lte=before)
        ApiKey.objects.filter(stale, pk=key.pk).update(last_used_at=now())
