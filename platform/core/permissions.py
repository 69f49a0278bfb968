from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from core.actor import Actor
from core.errors import PermissionRefused


@dataclass(frozen=True, slots=True)
class Decision:
    """An answer to "may this actor do that?", with the sentence that says why not, or who can."""

    allowed: bool
    reason: str = ""

    def __bool__(self) -> bool:
        return self.allowed


@dataclass(frozen=True, slots=True)
class Action:
    code: str
    label: str
    rule: Callable[[Actor, Any], Decision]


class UnknownAction(LookupError):
    """Code asked about an action that no room registered."""


_actions: dict[str, Action] = {}


def action(code: str, label: str) -> Callable[[Callable[[Actor, Any], Decision]], Callable[[Actor, Any], Decision]]:
    """Register the function that decides about one action; the code is `<room>.<verb>`, the label is for role pages."""

    def register(rule: Callable[[Actor, Any], Decision]) -> Callable[[Actor, Any], Decision]:
        if code in _actions:
            raise ValueError(f"The action {code} is registered twice.")
        _actions[code] = Action(code, label, rule)
        return rule

    return register


def granted(code: str, label: str) -> None:
    """Register an action that a role's grant alone decides."""
    refusal = Decision(False, f"Your role does not allow you to {label[:1].lower()}{label[1:]}. Ask an administrator.")
    action(code, label)(lambda actor, obj: Decision(True) if actor.may(code) else refusal)


def actions() -> dict[str, Action]:
    """All registered actions by code."""
    return dict(_actions)


def check(code: str, actor: Actor, obj: Any = None) -> Decision:
    """Ask the registered function; raises UnknownAction, so a misspelt code can never grant."""
    if code not in _actions:
        raise UnknownAction(code)
    return _actions[code].rule(actor, obj)


def require(code: str, actor: Actor, obj: Any = None) -> None:
    """Raise PermissionRefused with the reason unless the actor may act."""
    decision = check(code, actor, obj)
    if not decision:
        raise PermissionRefused(decision.reason)
