from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

from core.actor import Actor
from core.errors import PermissionRefused, SecondFactorRequired

# The built-in roles by code. A role that a tenant makes itself lists its actions in its row.
TENANT_ROLES = ("tenant_admin", "firm_admin", "cfo", "accountant", "staff", "reviewer", "member")
PLATFORM_ROLES = ("platform_admin", "support")
Rule = Callable[[Actor, Any], "Decision"]


@dataclass(frozen=True, slots=True)
class Decision:
    """An answer to "may this actor do that?", with the sentence that says why not, or who can."""

    allowed: bool
    reason: str = ""

    def __bool__(self) -> bool:
        return self.allowed


@dataclass(frozen=True, slots=True)
class Action:
    """Something that can be allowed; `roles` are the built-in roles that grant it."""

    code: str
    label: str
    rule: Rule
    roles: frozenset[str]


class UnknownAction(LookupError):
    """Code asked about an action that no room registered."""


_actions: dict[str, Action] = {}


def action(code: str, label: str, *, roles: Collection[str] = ()) -> Callable[[Rule], Rule]:
    """Register the function that decides about one action; the code is `<room>.<verb>`, the label is for role pages.

    `roles` names the built-in roles that grant the action: `actor.may(code)` is true for their holders, and the rule
    asks that and whatever else must hold. Nobody has an action that names no role, but the system itself.
    """
    unknown = set(roles) - {*TENANT_ROLES, *PLATFORM_ROLES}
    if unknown:
        raise ValueError(f"The action {code} is granted to unknown roles: {', '.join(sorted(unknown))}.")

    def register(rule: Rule) -> Rule:
        if code in _actions:
            raise ValueError(f"The action {code} is registered twice.")
        _actions[code] = Action(code, label, rule, frozenset(roles))
        return rule

    return register


def granted(code: str, label: str, *, roles: Collection[str] = ()) -> None:
    """Register an action that a role's grant alone decides."""
    refusal = Decision(False, f"Your role does not allow you to {label[:1].lower()}{label[1:]}. Ask an administrator.")
    action(code, label, roles=roles)(lambda actor, obj: Decision(True) if actor.may(code) else refusal)


def role_grants(role: str) -> frozenset[str]:
    """The codes of the actions that a built-in role grants; none for a role that is not built in."""
    return frozenset(code for code, entry in _actions.items() if role in entry.roles)


def grantable(roles: Collection[str]) -> frozenset[str]:
    """The codes that any of these built-in roles grants: all that a role or key of the same realm may ever hold."""
    return frozenset(code for code, entry in _actions.items() if not entry.roles.isdisjoint(roles))


def actions() -> dict[str, Action]:
    """All registered actions by code."""
    return dict(_actions)


def check(code: str, actor: Actor, obj: Any = None) -> Decision:
    """Ask the registered function; raises UnknownAction, so a misspelt code can never grant."""
    if code not in _actions:
        raise UnknownAction(code)
    if actor.lacks_second_factor:
        return Decision(False, SecondFactorRequired.message)
    return _actions[code].rule(actor, obj)


def require(code: str, actor: Actor, obj: Any = None) -> None:
    """Raise PermissionRefused with the reason unless the actor may act; SecondFactorRequired where that is missing."""
    decision = check(code, actor, obj)
    require_second_factor(actor)
    if not decision:
        raise PermissionRefused(decision.reason)


def require_second_factor(actor: Actor) -> None:
    """Raise SecondFactorRequired for an actor of whom one is demanded and who has none."""
    if actor.lacks_second_factor:
        raise SecondFactorRequired
