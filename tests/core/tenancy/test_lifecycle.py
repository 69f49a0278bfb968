from itertools import product

import pytest

from core.tenancy import TenantState
from core.tenancy.lifecycle import (
    EXISTING,
    SERVING,
    TRANSITIONS,
    WORKING,
    TransitionRefused,
    require_transition,
    serves,
    writable,
)

S = TenantState


def test_every_state_has_its_row():
    assert set(TRANSITIONS) == set(S)


@pytest.mark.parametrize(("current", "target"), list(product(S, S)))
def test_the_table_decides_about_every_step(current: TenantState, target: TenantState):
    if target in TRANSITIONS[current]:
        require_transition(current, target)
    else:
        with pytest.raises(TransitionRefused, match="cannot become"):
            require_transition(current, target)


def test_every_state_is_reached_and_the_end_is_the_end():
    assert set().union(*TRANSITIONS.values()) == set(S) - {S.REQUESTED}
    assert [state for state, targets in TRANSITIONS.items() if not targets] == [S.PURGED]
    assert not any(state in TRANSITIONS[state] for state in S)


def test_who_is_served_and_who_may_write():
    assert {state for state in S if serves(state)} == SERVING == {S.TRIAL, S.ACTIVE, S.PAST_DUE, S.READ_ONLY}
    assert {state for state in S if writable(state)} == SERVING - {S.READ_ONLY}
    assert SERVING >= WORKING
    assert set(S) - {S.PURGED} == EXISTING


def test_data_are_deleted_only_after_nobody_is_served():
    assert [state for state in S if S.DELETING in TRANSITIONS[state]] == [
        S.REQUESTED,
        S.PROVISIONING,
        S.READY,
        S.ARCHIVED,
    ]
