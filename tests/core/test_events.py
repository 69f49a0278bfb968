from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid4

import pytest

from core import events
from core.events import Event, NoWriter, emit, register_writer, subscriber, subscribers


@pytest.fixture(autouse=True)
def _own_registry(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(events, "_writers", [])
    monkeypatch.setattr(events, "_subscribers", {})
    yield


def test_a_fact_is_handed_to_the_outbox():
    kept: list[Any] = []
    key = uuid4()

    def write(kind: str, subject_id: str, payload: Any) -> UUID:
        kept.append((kind, subject_id, payload))
        return key

    register_writer(lambda kind, subject_id, payload: pytest.fail("replaced"))
    register_writer(write)
    assert emit(kind="users.invited", subject_id=7, payload={"role": "member"}) == key
    assert emit(kind="users.joined", subject_id=key) == key
    assert kept == [("users.invited", "7", {"role": "member"}), ("users.joined", str(key), {})]


def test_without_an_outbox_nothing_is_lost_in_silence():
    with pytest.raises(NoWriter):
        emit(kind="users.invited", subject_id=7)


def test_subscribers_are_known_by_kind_and_name():
    def greet(event: Event) -> None: ...

    def count(event: Event) -> None: ...

    assert subscriber("users.joined", name="greeting")(greet) is greet
    subscriber("users.joined", name="greeting")(greet)
    subscriber("users.joined", name="counting")(count)
    assert subscribers("users.joined") == {"greeting": greet, "counting": count}
    assert subscribers("users.left") == {}


def test_two_subscribers_of_one_name_are_refused():
    subscriber("users.joined", name="greeting")(lambda event: None)
    with pytest.raises(ValueError, match=r"Two subscribers of users\.joined are called greeting"):
        subscriber("users.joined", name="greeting")(lambda event: None)
    assert len(subscribers("users.joined")) == 1


def test_what_is_handed_out_is_a_copy():
    subscriber("users.joined", name="greeting")(lambda event: None)
    subscribers("users.joined").clear()
    assert len(subscribers("users.joined")) == 1
