from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from core.actor import Actor
from core.errors import NotFound


@dataclass(frozen=True, slots=True)
class Amount:
    """How much of a room's work waits in the current schema, since when the oldest does, and how much was given up."""

    waiting: int
    oldest: datetime | None
    failed: int


@dataclass(frozen=True, slots=True)
class Piece:
    """One piece of work that waits or was given up, in words for people who know nothing of the room."""

    id: UUID
    title: str
    is_failed: bool
    attempts: int
    error: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Backlog:
    """Work of one kind that a room keeps in every schema until it is done.

    `measure(since, until)` counts what waits now and what was given up in that time. `pieces(limit)` are the failed
    ones first, then those that wait, the oldest first. `retry(id, actor)` begins one anew; raises NotFound, Conflict.
    """

    name: str
    label: Any
    measure: Callable[[datetime, datetime], Amount]
    pieces: Callable[[int], Sequence[Piece]]
    retry: Callable[[UUID, Actor], None]


_backlogs: dict[str, Backlog] = {}


def register(backlog: Backlog) -> None:
    """Let the platform watch a room's work, from the room's AppConfig.ready."""
    if backlog.name in _backlogs:
        raise ValueError(f"The backlog {backlog.name} is registered twice.")
    _backlogs[backlog.name] = backlog


def backlogs() -> list[Backlog]:
    """All of them, by name."""
    return [_backlogs[name] for name in sorted(_backlogs)]


def backlog_of(name: str) -> Backlog:
    """The backlog with this name; raises NotFound."""
    if name not in _backlogs:
        raise NotFound
    return _backlogs[name]
