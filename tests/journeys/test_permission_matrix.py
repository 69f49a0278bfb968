"""Every route and method by every role: the answers are what the registry of actions says, and what people reviewed.

The tables are in tests/journeys/permission_matrix, a file for each room; docs/how-to/testing.md says how to write them
anew.
"""

import os
from collections import defaultdict
from collections.abc import Callable, Iterator
from difflib import unified_diff
from pathlib import Path
from typing import Any

import pytest

from core.permissions import PLATFORM_ROLES, TENANT_ROLES, actions, grantable
from tests.support.twin_ledger import Ledger
from tests.support.twin_matrix import KEYS, NOBODY, Matrix, Row, personas, table
from tests.support.twin_probes import World
from tests.support.twin_routes import all_routes, rooms_of
from tests.support.twin_words import OWNERS_ALONE

ROOMS = rooms_of(all_routes())
FOLDER = Path(__file__).with_name("permission_matrix")
# About the actions and not about the routes of a room.
ACTIONS = "actions"
_WRITE = "WRITE_PERMISSION_MATRIX"
_HEAD = "Who gets which answer; docs/how-to/testing.md says how to read this and how to write it anew.\n"
Rows = dict[str, list[Row]]
in_every_room = pytest.mark.parametrize("room", list(ROOMS))


@pytest.fixture(scope="module")
def matrices(world: World, django_db_blocker: Any) -> list[Matrix]:
    """The tenants', asked at the first twin, and the platform's."""
    with django_db_blocker.unblock():
        return [Matrix(world, world.rings[0]), Matrix(world, world.rings[2])]


@pytest.fixture(scope="module")
def known() -> dict[str, Rows]:
    """What was asked already."""
    return {}


@pytest.fixture
def rows_of(db: None, world: World, matrices: list[Matrix], known: dict[str, Rows]) -> Callable[[str], Rows]:
    """The rows of a room, by site."""

    def ask(room: str) -> Rows:
        if room not in known:
            ledger = Ledger(world.sites)
            known[room] = {each.ring.site.name: list(each.rows(ROOMS[room], ledger)) for each in matrices}
        return known[room]

    return ask


@in_every_room
def test_the_answers_are_those_that_were_reviewed(world: World, room: str, rows_of: Callable[[str], Rows]) -> None:
    lines = [_HEAD]
    for ring, rows in zip((world.rings[0], world.rings[2]), rows_of(room).values(), strict=True):
        if rows:
            lines += [*table("A tenant" if ring.site.ref else "The platform", rows, personas(ring)), ""]
    _require_reviewed(room, lines)


@in_every_room
def test_a_role_does_what_the_registry_grants_it_and_nothing_else(room: str, rows_of: Callable[[str], Rows]) -> None:
    wrong = [
        f"{row.site}: {row.method} /{row.route} ({row.action}) answers {row.answers[persona]} to “{persona}”"
        for row in _all(rows_of(room))
        for persona in row.answers
        if row.asked and row.lets_in(persona) != row.grants(persona) and not _is_special(row, persona)
    ]
    assert not wrong, "\n".join(wrong)


@in_every_room
def test_what_asks_to_sign_in_lets_nobody_in(room: str, rows_of: Callable[[str], Rows]) -> None:
    wrong = [row for row in _all(rows_of(room)) if row.action == "(signed in)" and any(map(row.lets_in, NOBODY))]
    assert not wrong


def test_pages_and_rest_let_the_same_roles_see_the_same(rows_of: Callable[[str], Rows]) -> None:
    seen: dict[tuple[str, ...], dict[tuple[bool, ...], Row]] = defaultdict(dict)
    for row in (row for room in ROOMS for row in _all(rows_of(room))):
        people = [persona for persona in row.answers if persona not in (*NOBODY, *KEYS)]
        shown = tuple(row.lets_in(persona) and row.answers[persona] != "404" for persona in sorted(people))
        if row.asked and row.route.names_an_object and any(shown):
            seen[row.site, *row.asked][shown] = row
    for asked, ways in seen.items():
        assert len(ways) == 1, f"{asked} differs: " + "; ".join(str(row.route) for row in ways.values())


def test_what_no_gate_asks_about_is_known(world: World, rows_of: Callable[[str], Rows]) -> None:
    lines = ["Actions that pages or REST do not ask about; rules and services may ask all the same.\n"]
    for ring, roles in ((world.rings[0], TENANT_ROLES), (world.rings[2], PLATFORM_ROLES)):
        rows = [row for room in ROOMS for row in rows_of(room)[ring.site.name]]
        by_pages = {code for row in rows if not row.route.is_api for code in row.asked}
        by_rest = {code for row in rows if row.route.is_api for code in row.asked}
        lines.append("A tenant" if ring.site.ref else "The platform")
        for code in sorted(grantable(roles) - (by_pages & by_rest)):
            asked = "asked by pages alone" if code in by_pages else "asked by REST alone"
            lines.append(f"  {code:24} {asked if code in by_pages | by_rest else 'asked by no gate'}")
        lines.append("")
    assert set(actions()) == grantable([*TENANT_ROLES, *PLATFORM_ROLES])
    _require_reviewed(ACTIONS, lines)


def test_no_table_is_left_of_a_room_that_is_gone() -> None:
    left = [path for path in FOLDER.glob("*") if path.stem not in (*ROOMS, ACTIONS)]
    assert not left, f"Delete {left}"


def _require_reviewed(name: str, lines: list[str]) -> None:
    path, text = FOLDER / f"{name}.txt", "\n".join(lines)
    if os.environ.get(_WRITE):
        FOLDER.mkdir(exist_ok=True)
        path.write_text(text)
    reviewed = path.read_text() if path.exists() else ""
    difference = "\n".join(unified_diff(reviewed.splitlines(), text.splitlines(), "reviewed", "now", lineterm="", n=3))
    assert not difference, (
        f"Who gets which answer differs from {path.name}. If that is meant, write it anew and review it:\n"
        f"  {_WRITE}=1 .venv/bin/python -m pytest tests/journeys/test_permission_matrix.py -k {name}\n{difference}"
    )


def _all(rows: Rows) -> Iterator[Row]:
    for found in rows.values():
        yield from found


def _is_special(row: Row, persona: str) -> bool:
    """Whether somebody is rightly refused what the role grants: what only an object's owner may, or a key's write, as
    it may give somebody a role that allows more than the key's one scope."""
    is_kept = row.route.name in OWNERS_ALONE or (persona == KEYS[1] and row.method != "GET")
    return is_kept and not row.lets_in(persona)
