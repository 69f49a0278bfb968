from uuid import UUID

from allauth.usersessions.models import UserSession

from core.actor import Actor
from core.errors import NotFound
from core.tenancy import atomic
from shared_apps.trail.services import trail_record
from shared_apps.users.models import User
from shared_apps.users.selectors import browser_id
from shared_apps.users.services.tokens import token_family_end


@atomic()
def device_sign_out(*, user: User, device_id: UUID, actor: Actor) -> None:
    """Sign a person out at one of the places that `devices_of` lists; raises NotFound for any other."""
    for session in UserSession.objects.filter(user=user):
        if browser_id(session.session_key) == device_id:
            changes = {"address": session.ip}
            trail_record(actor=actor, action="users.sign_out_device", obj=user, changes=changes)
            session.end()
            return
    if not token_family_end(family_id=device_id, user=user, actor=actor):
        raise NotFound
