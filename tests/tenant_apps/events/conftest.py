from collections.abc import Callable
from typing import Any

import pytest

from core import events
from core.events import Event, subscriber
from core.tenancy import atomic


@pytest.fixture
def subscribe(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[Event]]:
    """Registers a subscriber for this test only; returns the list of the events that it receives."""
    monkeypatch.setattr(events, "_subscribers", {})

    def register(kind: str, name: str = "test.subscriber", function: Any = None) -> list[Event]:
        received: list[Event] = []

        def take(event: Event) -> None:
            received.append(event)
            if function is not None:
                function(event)

        subscriber(kind, name=name)(take)
        return received

    return register


@pytest.fixture
def emit() -> Callable[..., Any]:
    """Emits an event in a transaction of its own."""

    def emit_one(kind: str = "test.happened", subject: str = "subject-1", **payload: Any) -> Any:
        with atomic():
            return events.emit(kind=kind, subject_id=subject, payload=payload)

    return emit_one
