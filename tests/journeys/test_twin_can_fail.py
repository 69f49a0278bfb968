"""Faults planted on purpose, and locks taken off: the twin test must see each of them."""

from collections.abc import Callable
from typing import Any

import pytest

from shared_apps.users import models, selectors, tokens
from tests.support.twin_credentials import Keyring, sign_in
from tests.support.twin_judge import Judge
from tests.support.twin_ledger import Ledger
from tests.support.twin_probes import World
from tests.support.twin_routes import CannotFill, all_routes
from tests.support.twin_world import EMAILS, MEMBER, copy_sign_ins

PLANTED = "tests.support.twin_planted"
Trial = Callable[[Judge, Keyring, Keyring], None]


def abroad(judge: Judge, first: Keyring, second: Keyring) -> None:
    judge.abroad(first, second)


def at_home(judge: Judge, first: Keyring, second: Keyring) -> None:
    judge.at_home(first)


def ended(judge: Judge, first: Keyring, second: Keyring) -> None:
    judge.ended(first)


def hosts(judge: Judge, first: Keyring, second: Keyring) -> None:
    judge.other_hosts(first, second)


def forged(judge: Judge, first: Keyring, second: Keyring) -> None:
    judge.without_csrf_token(first)


@pytest.fixture
def judge_of(db: None, world: World, settings: Any) -> Callable[[str], Judge]:
    """The judge of one of the planted or real routes, by its path."""
    settings.TENANT_URLCONF = PLANTED
    routes = {str(route): route for route in all_routes(PLANTED)}

    def make(path: str) -> Judge:
        return Judge(world, routes[path], Ledger(world.sites))

    return make


@pytest.mark.parametrize(
    ("path", "trial", "found"),
    [
        ("shows-other/", at_home, "it shows what south keeps"),
        ("shows-other/", abroad, "it shows what north keeps"),
        ("asks-nobody/{user_id}/", abroad, "it shows what south keeps"),
        ("asks-nobody/{user_id}/", ended, "it shows what north keeps"),
        ("tells-foreign/{user_id}/", at_home, "a foreign object and one that never was are told apart"),
        ("tells-hidden/{user_id}/", at_home, "a hidden object and one that never was are told apart"),
        ("writes-by-get/", at_home, "looking wrote"),
        ("writes-unasked/", forged, "a session without CSRF token and no session are told apart"),
        ("writes-elsewhere/", at_home, "it wrote elsewhere"),
        ("breaks/", at_home, "it answered 500"),
        ("breaks/", abroad, "ValueError: planted"),
        ("may-be-kept/", at_home, "the answer may be kept"),
        ("wide-cookie/", abroad, "is for the whole domain .localhost"),
        ("unprotected/", abroad, "the answer has no Content-Security-Policy"),
        ("believes-headers/", hosts, "with and without these headers are told apart"),
        ("believes-headers/", hosts, "it names south"),
    ],
)
def test_a_planted_fault_is_found(
    judge_of: Callable[[str], Judge], world: World, path: str, trial: Trial, found: str
) -> None:
    judge = judge_of(f"planted/{path}")
    trial(judge, world.rings[0], world.rings[1])
    assert any(found in problem for problem in judge.problems), judge.problems
    with pytest.raises(AssertionError):
        judge.require_no_problems()


def test_a_route_that_cannot_be_filled_says_what_to_add(judge_of: Callable[[str], Judge], world: World) -> None:
    with pytest.raises(CannotFill, match=r"say in PARAMETERS of .*twin_words\.py what <slug:colour>"):
        judge_of("planted/{colour}/").at_home(world.rings[0])


def test_tokens_that_name_no_tenant_are_found(
    judge_of: Callable[[str], Judge], world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tokens, "_audience", lambda: "everybody")
    monkeypatch.setattr(tokens, "_key_id", lambda: "everybody's")
    judge = judge_of("api/v1/users/{id}/")
    judge.abroad(world.rings[0], world.rings[1])
    assert any("it shows what south keeps" in problem for problem in judge.problems)


def test_sessions_that_name_no_tenant_are_found(
    judge_of: Callable[[str], Judge], world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("core.tenancy.sessions", models.User.__module__):
        monkeypatch.setattr(f"{module}.scope_key", lambda: "everybody")
    first, second, _ = world.rings
    session = sign_in(first.site, world.browser, EMAILS[MEMBER])
    copy_sign_ins(first.site, second.site)
    judge = judge_of("")
    judge.abroad(first, second, credentials=[session])
    assert any("it shows what south keeps" in problem for problem in judge.problems)


def test_keys_and_tokens_that_do_not_end_are_found(
    judge_of: Callable[[str], Judge], world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(models.ApiKey, "state", "active")
    monkeypatch.setattr(selectors, "family_lives", lambda family: True)
    judge = judge_of("api/v1/users/{id}/")
    judge.ended(world.rings[0])
    told = "\n".join(judge.problems)
    assert "north's API key of dora@example.org, disabled" in told
    assert "north's token of otto@example.org, signed out" in told


def test_a_role_that_may_write_everywhere_is_found(judge_of: Callable[[str], Judge], world: World) -> None:
    judge = judge_of("planted/writes-elsewhere/")
    judge.at_home(world.rings[0])
    (problem, *_) = judge.problems
    assert f"{world.sites[1].schema}.users_role ×1" in problem
    with world.sites[1].entered():
        assert not models.Role.objects.filter(code="planted").exists()
