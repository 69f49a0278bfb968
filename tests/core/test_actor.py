from dataclasses import FrozenInstanceError, replace

import pytest

from core.actor import ANONYMOUS, SYSTEM, Actor

CLERK = Actor(kind="user", id="7", label="Ada", permissions=frozenset({"jobs.read", "jobs.cancel"}))


def test_a_person_may_what_their_roles_grant():
    assert CLERK.may("jobs.read")
    assert not CLERK.may("jobs.delete")


@pytest.mark.parametrize(
    ("scopes", "allowed"),
    [
        (None, {"jobs.read", "jobs.cancel"}),
        (frozenset({"jobs.read", "jobs.delete"}), {"jobs.read"}),
        (frozenset(), set()),
    ],
)
def test_a_keys_scopes_only_ever_take_away(scopes: frozenset[str] | None, allowed: set[str]):
    key = replace(CLERK, kind="api_key", scopes=scopes)
    assert {action for action in ("jobs.read", "jobs.cancel", "jobs.delete") if key.may(action)} == allowed


def test_the_system_may_everything_and_nobody_nothing():
    assert SYSTEM.may("anything.at_all")
    assert not ANONYMOUS.may("jobs.read")
    assert not ANONYMOUS.permissions


def test_an_actor_does_not_change():
    with pytest.raises(FrozenInstanceError):
        CLERK.permissions = frozenset({"jobs.delete"})
