"""Two organisations alike to the last id, and every route of both URL configurations: whatever one of them has opens
nothing of the other and nothing of the platform, changes nothing there, and tells nothing about what is there."""

import pytest

from tests.support.twin_judge import Judge, World
from tests.support.twin_ledger import digest_of
from tests.support.twin_routes import Route, all_routes

ROUTES = all_routes()
every_route = pytest.mark.parametrize("route", ROUTES, ids=str)


@pytest.fixture
def judge(db: None, world: World, route: Route) -> Judge:
    assert world.digests
    return Judge(world, route, ROUTES)


@every_route
def test_whatever_one_site_issued_is_nothing_at_another(judge: Judge, world: World) -> None:
    first, second, platform = world.rings
    judge.abroad(first, second, credentials=[*first.ended(), *first.forged_for(second.site)])
    judge.abroad(first, platform, credentials=[*first.forged_for(platform.site)])
    judge.abroad(platform, first)
    judge.abroad_in_odd_ways(first, second)
    assert [digest_of(site) for site in world.sites] == world.digests
    judge.require_no_problems()


@every_route
def test_what_has_ended_is_nothing_where_it_was_issued(judge: Judge, world: World) -> None:
    first, _, platform = world.rings
    judge.ended(first)
    judge.ended(platform)
    judge.require_no_problems()


@every_route
def test_at_home_nobody_reaches_beyond_their_own(judge: Judge, world: World) -> None:
    first, second, platform = world.rings
    judge.at_home(first)
    judge.at_home(platform)
    assert digest_of(second.site) == world.digests[1]
    judge.require_no_problems()


@every_route
def test_only_the_host_decides_whose_site_it_is(judge: Judge, world: World) -> None:
    judge.other_hosts(world.rings[0], world.rings[1])
    judge.require_no_problems()


@every_route
def test_a_write_needs_the_csrf_token_of_its_session(judge: Judge, world: World) -> None:
    judge.without_csrf_token(world.rings[0])
    judge.without_csrf_token(world.rings[2])
    judge.require_no_problems()
