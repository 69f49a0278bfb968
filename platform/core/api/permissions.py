from collections.abc import Mapping
from typing import Any

import structlog
from rest_framework.exceptions import NotAuthenticated

from core.actor import Actor
from core.errors import PermissionRefused
from core.permissions import require, require_second_factor

# What a view may ask for besides a registered action.
PUBLIC = "public"
SIGNED_IN = "signed_in"
logger = structlog.get_logger("api")


def require_action(permission_actions: Mapping[str, str], action: str, actor: Actor, obj: Any = None) -> None:
    """Ask about the registered action that a view names for one of its own; a view that names none refuses.

    Raises NotAuthenticated for an anonymous caller, SecondFactorRequired, PermissionRefused.
    """
    code = permission_actions.get(action)
    if code == PUBLIC:
        return
    if actor.kind == "anonymous":
        raise NotAuthenticated
    require_second_factor(actor)
    if code is None:
        logger.error("action_without_permission", action=action)
        raise PermissionRefused("Nobody may do this.")
    if code != SIGNED_IN:
        require(code, actor, obj)
