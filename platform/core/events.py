from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Event:
    """A committed fact as a subscriber receives it; `id` is what makes handling it twice harmless."""

    id: UUID
    kind: str
    subject_id: str
    payload: Mapping[str, Any]


Writer = Callable[[str, str, Mapping[str, Any]], UUID]
Subscriber = Callable[[Event], None]


class NoWriter(RuntimeError):
    """Nothing is installed that keeps events."""


_writers: list[Writer] = []
_subscribers: dict[str, dict[str, Subscriber]] = {}


def register_writer(writer: Writer) -> None:
    """Install the outbox that keeps emitted events in the caller's transaction."""
    _writers[:] = [writer]


def emit(*, kind: str, subject_id: object, payload: Mapping[str, Any] | None = None) -> UUID:
    """Keep a fact in the outbox of the current schema, in the caller's transaction; returns the event's id."""
    if not _writers:
        raise NoWriter("No outbox is installed.")
    return _writers[0](kind, str(subject_id), payload or {})


def subscriber(kind: str, *, name: str) -> Callable[[Subscriber], Subscriber]:
    """Register a function for a kind of event; `name` identifies its delivery and must never change."""

    def register(function: Subscriber) -> Subscriber:
        if _subscribers.setdefault(kind, {}).setdefault(name, function) is not function:
            raise ValueError(f"Two subscribers of {kind} are called {name}.")
        return function

    return register


def subscribers(kind: str) -> Mapping[str, Subscriber]:
    """The functions that want a kind of event, by name."""
    return dict(_subscribers.get(kind, {}))
