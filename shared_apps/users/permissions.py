from typing import TYPE_CHECKING

from core.actor import Actor
from core.permissions import Decision, action, granted
from shared_apps.users.selectors import covers, permissions_of

if TYPE_CHECKING:
    from shared_apps.users.models import ApiKey, User

_administrators = ("tenant_admin", "firm_admin", "platform_admin")
_programmers = ("tenant_admin", "firm_admin", "cfo", "accountant", "platform_admin")

granted("users.view", "See the people", roles=(*_administrators, "cfo", "support"))
granted("users.invite", "Invite people", roles=_administrators)
granted("roles.view", "See the roles", roles=(*_administrators, "cfo", "support"))
granted("roles.edit", "Make, change and delete roles", roles=("tenant_admin", "platform_admin"))
granted("roles.give_any", "Give every role, also beyond your own", roles=("tenant_admin", "platform_admin"))
granted("security.view", "See the sign-in policy", roles=_administrators)
granted("security.edit", "Change the sign-in policy", roles=("tenant_admin", "platform_admin"))
granted("sign_ins.view", "See everybody's sign-ins", roles=_administrators)
granted("api_keys.create", "Create API keys", roles=_programmers)
granted("api_keys.manage", "See and revoke everybody's API keys", roles=("tenant_admin", "platform_admin"))


@action("users.disable", "Disable and enable people", roles=_administrators)
def may_disable(actor: Actor, person: "User | None" = None) -> Decision:
    """Nobody shuts out somebody who may do more than they."""
    return _over_people("users.disable", actor, person)


@action("users.change_role", "Change people's roles", roles=_administrators)
def may_change_role(actor: Actor, person: "User | None" = None) -> Decision:
    """Nobody demotes somebody who may do more than they; what may be given is asked by the service."""
    return _over_people("users.change_role", actor, person)


@action("users.sign_out", "Sign people out everywhere", roles=_administrators)
def may_sign_out(actor: Actor, person: "User | None" = None) -> Decision:
    """Nobody ends the sessions of somebody who may do more than they."""
    return _over_people("users.sign_out", actor, person)


@action("users.reset_second_factor", "Reset people's two-factor sign-in", roles=("tenant_admin", "platform_admin"))
def may_reset_second_factor(actor: Actor, person: "User | None" = None) -> Decision:
    """Nobody weakens the sign-in of somebody who may do more than they."""
    return _over_people("users.reset_second_factor", actor, person)


@action("api_keys.view", "See your API keys", roles=_programmers)
def may_view_key(actor: Actor, key: "ApiKey | None" = None) -> Decision:
    """Everybody sees their own keys; those of others need `api_keys.manage`."""
    return _own_or_managed("api_keys.view", actor, key)


@action("api_keys.revoke", "Revoke your API keys", roles=_programmers)
def may_revoke_key(actor: Actor, key: "ApiKey | None" = None) -> Decision:
    """Everybody revokes their own keys; those of others need `api_keys.manage`."""
    return _own_or_managed("api_keys.revoke", actor, key)


def _over_people(code: str, actor: Actor, person: "User | None") -> Decision:
    if not actor.may(code):
        return Decision(False, "Your role does not allow you to manage people. Ask an administrator.")
    if person is not None and not covers(actor, permissions_of(person)):
        return Decision(False, f"{person} may do more than you. Ask an administrator.")
    return Decision(True)


def _own_or_managed(code: str, actor: Actor, key: "ApiKey | None") -> Decision:
    if not actor.may(code):
        return Decision(False, "Your role does not include API keys. Ask an administrator.")
    own = key is None or (actor.user is not None and key.owner_id == actor.user.pk)
    if own or actor.may("api_keys.manage"):
        return Decision(True)
    return Decision(False, "This key belongs to somebody else. An administrator can manage it.")
