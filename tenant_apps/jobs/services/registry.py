from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from core.tenancy.tasks import require_queue
from tenant_apps.jobs.errors import UnknownJob

Function = TypeVar("Function", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Job:
    """A kind of long work: the function that does it, what people read in its place, and the queue it waits in."""

    kind: str
    label: Any
    function: Callable[..., Any]
    queue: str


_jobs: dict[str, Job] = {}


def job(kind: str, *, label: Any, queue: str = "bulk") -> Callable[[Function], Function]:
    """Register a function `(progress, **arguments)` as a job; what it returns is the run's result, as JSON.

    It may be called again after a worker was killed: it resumes from `progress.checkpoint`.
    """
    require_queue(queue)

    def register(function: Function) -> Function:
        if kind in _jobs:
            raise ValueError(f"The job {kind} is registered twice.")
        _jobs[kind] = Job(kind, label, function, queue)
        return function

    return register


def job_of(kind: str) -> Job:
    """The registered job; raises UnknownJob."""
    if kind not in _jobs:
        raise UnknownJob(f"There is no job {kind}.")
    return _jobs[kind]


def job_label(kind: str) -> str:
    """What people read for a kind, also for one that this version knows no more."""
    return str(_jobs[kind].label) if kind in _jobs else kind


def kinds_like(text: str) -> dict[str, str]:
    """The kinds whose name holds a text, in any case, and their names."""
    wanted = text.casefold()
    return {kind: str(each.label) for kind, each in _jobs.items() if wanted in str(each.label).casefold()}


def job_queue(kind: str) -> str:
    """The queue that a kind waits in, also for one that this version knows no more: its run then fails and says so."""
    return _jobs[kind].queue if kind in _jobs else "bulk"
