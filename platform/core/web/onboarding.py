"""The first steps of an organisation: rooms register them, real work ticks them off."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from core import permissions
from core.actor import Actor


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do first; `done` asks real data, once, whether it was done, by whomever it has to be."""

    code: str
    title: Any
    text: Any
    act: Any
    icon: str
    url_name: str
    done: Callable[[Actor], bool]
    action: str | None
    order: int
    can_be_skipped: bool


_steps: dict[str, Step] = {}


def register(
    code: str,
    *,
    title: Any,
    text: Any,
    act: Any,
    icon: str,
    url_name: str,
    done: Callable[[Actor], bool],
    action: str | None = None,
    order: int = 100,
    can_be_skipped: bool = False,
) -> None:
    """Add a step, from AppConfig.ready; a smaller order comes first. With an action it is for those who may do it.

    `act` is the link's text and `url_name` the page where the step is done. `can_be_skipped` lets a person say that
    they will not do it.
    """
    if code in _steps:
        raise ValueError(f"The step {code} is registered twice.")
    _steps[code] = Step(code, title, text, act, icon, url_name, done, action, order, can_be_skipped)


def steps_for(actor: Actor) -> list[Step]:
    """The steps that are an actor's, in order."""
    return [
        step
        for step in sorted(_steps.values(), key=lambda step: step.order)
        if step.action is None or permissions.check(step.action, actor)
    ]
