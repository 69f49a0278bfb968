from dataclasses import dataclass
from typing import Any

from core.actor import Actor
from core.web.addresses import page_path
from core.web.onboarding import Step, steps_for
from tenant_apps.onboarding.models import EVERYTHING, Dismissal


@dataclass(frozen=True, slots=True)
class Standing:
    """A step and how it stands for one person."""

    step: Step
    is_done: bool
    is_skipped: bool

    @property
    def is_open(self) -> bool:
        """Whether it still waits."""
        return not self.is_done and not self.is_skipped

    @property
    def url(self) -> str:
        """The page that does it."""
        return page_path(self.step.url_name)


@dataclass(frozen=True, slots=True)
class Checklist:
    """All steps of one person, and whether they have put the list away."""

    standings: list[Standing]
    is_dismissed: bool

    @property
    def done(self) -> int:
        """How many steps need nothing more."""
        return sum(not standing.is_open for standing in self.standings)

    @property
    def total(self) -> int:
        """How many steps there are."""
        return len(self.standings)

    @property
    def is_over(self) -> bool:
        """Whether the real work is done."""
        return self.done == self.total

    @property
    def next(self) -> Any:
        """The first step that waits; None where all is done."""
        return next((standing for standing in self.standings if standing.is_open), None)


def checklist_of(actor: Actor) -> Checklist:
    """How an actor's steps stand: one question for what they put away, and one for each step."""
    if actor.user is None:
        return Checklist([], is_dismissed=True)
    codes = set(Dismissal.objects.filter(user=actor.user).values_list("code", flat=True))
    if EVERYTHING in codes:
        return Checklist([], is_dismissed=True)
    return Checklist(
        [
            Standing(step, is_done=step.done(actor), is_skipped=step.can_be_skipped and step.code in codes)
            for step in steps_for(actor)
        ],
        is_dismissed=False,
    )
