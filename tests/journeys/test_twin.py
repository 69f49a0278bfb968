"""Two organisations alike to the last id, and every route of both URL configurations: whatever one of them has opens
nothing of the other and nothing of the platform, changes nothing there, and tells nothing about what is there."""

from collections.abc import Callable

import pytest

from tests.support.twin_judge import Judge, require_none
from tests.support.twin_ledger import Ledger
from tests.support.twin_probes import World
from tests.support.twin_routes import all_routes, rooms_of

ROOMS = rooms_of(all_routes())
Trial = Callable[[Judge], None]
in_every_room = pytest.mark.parametrize("room", list(ROOMS))


@pytest.fixture
def try_all(db: None, world: World, room: str) -> Callable[[Trial], None]:
    """Tries each route of a room, and afterwards nobody may have lost or gained anything."""

    def run(trial: Trial) -> None:
        ledger, problems = Ledger(world.sites), []
        for route in ROOMS[room]:
            judge = Judge(world, route, ledger)
            trial(judge)
            problems += judge.problems
        require_none(problems)
        assert world.held() == world.digests

    return run


@in_every_room
def test_whatever_one_site_issued_is_nothing_at_another(world: World, try_all: Callable[[Trial], None]) -> None:
    first, second, platform = world.rings

    def trial(judge: Judge) -> None:
        judge.abroad(first, second, credentials=[*first.ended(), *first.forged_for(second.site)])
        judge.abroad(first, platform, credentials=[*first.forged_for(platform.site)])
        judge.abroad(platform, first)
        judge.abroad_in_odd_ways(first, second)

    try_all(trial)


@in_every_room
def test_what_has_ended_is_nothing_where_it_was_issued(world: World, try_all: Callable[[Trial], None]) -> None:
    first, _, platform = world.rings

    def trial(judge: Judge) -> None:
        judge.ended(first)
        judge.ended(platform)

    try_all(trial)


@in_every_room
def test_at_home_nobody_reaches_beyond_their_own(world: World, try_all: Callable[[Trial], None]) -> None:
    first, _, platform = world.rings

    def trial(judge: Judge) -> None:
        judge.at_home(first)
        judge.at_home(platform)

    try_all(trial)


@in_every_room
def test_only_the_host_decides_whose_site_it_is(world: World, try_all: Callable[[Trial], None]) -> None:
    def trial(judge: Judge) -> None:
        judge.other_hosts(world.rings[0], world.rings[1])

    try_all(trial)


@in_every_room
def test_a_write_needs_the_csrf_token_of_its_session(world: World, try_all: Callable[[Trial], None]) -> None:
    def trial(judge: Judge) -> None:
        judge.without_csrf_token(world.rings[0])
        judge.without_csrf_token(world.rings[2])

    try_all(trial)
