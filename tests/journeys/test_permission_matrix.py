"""Every route and method by every role: the answers are what the registry of actions says, and what people reviewed.

The table is tests/journeys/permission_matrix.txt; after a change that is meant, write it anew with
`WRITE_PERMISSION_MATRIX=1 make test ARGS=tests/journeys/test_permission_matrix.py` and review the difference.
"""

import os
from collections import defaultdict
from difflib import unified_diff
from pathlib import Path

import pytest

from core.permissions import PLATFORM_ROLES, TENANT_ROLES, actions, grantable
from tests.support.twin_judge import World
from tests.support.twin_matrix import KEYS, NOBODY, Matrix, Row, personas, table
from tests.support.twin_routes import all_routes

TABLE = Path(__file__).with_name("permission_matrix.txt")
_WRITE = "WRITE_PERMISSION_MATRIX"
_HEAD = """\
Who gets which answer. `in` leads to the sign-in page, 404 hides what is not one's own, 400, 409, 410 and 422 are
refusals of the body that was sent or of the object's state. The object is an administrator's.
The keys belong to an administrator: one has no scope, the other just the action's. A dot means REST only.
"""


@pytest.fixture(scope="module")
def rows(world: World, django_db_blocker: object) -> dict[str, list[Row]]:
    """All rows by site; what the requests wrote is rolled back."""
    from django.db import transaction

    routes, found = all_routes(), {}
    for ring in (world.rings[0], world.rings[2]):
        block = transaction.atomic(using="default")
        block._from_testcase = True  # type: ignore[attr-defined]
        with block:
            found[ring.site.name] = list(Matrix(world, ring, routes).rows())
            transaction.set_rollback(True, using="default")
    return found


def test_the_answers_are_those_that_were_reviewed(world: World, rows: dict[str, list[Row]]) -> None:
    text = "\n".join(_written(world, rows))
    if os.environ.get(_WRITE):
        TABLE.write_text(text)
    reviewed = TABLE.read_text() if TABLE.exists() else ""
    difference = "\n".join(unified_diff(reviewed.splitlines(), text.splitlines(), "reviewed", "now", lineterm="", n=0))
    assert not difference, f"Set {_WRITE}=1 to write {TABLE.name} anew, and review it:\n{difference}"


def test_a_role_does_what_the_registry_grants_it_and_nothing_else(world: World, rows: dict[str, list[Row]]) -> None:
    wrong = [
        f"{row.site}: {row.method} /{row.route} ({row.action}) answers {row.answers[persona]} to “{persona}”"
        for found in rows.values()
        for row in found
        for persona in row.answers
        if row.asked and row.lets_in(persona) != row.grants(persona) and not _gives_more(row, persona)
    ]
    assert not wrong, "\n".join(wrong)


def _gives_more(row: Row, persona: str) -> bool:
    """Whether a key writes, which may give somebody a role that allows more than the key's one scope."""
    return persona == KEYS[1] and row.method != "GET"


def test_what_needs_no_action_is_for_the_signed_in_or_known_to_be_public(rows: dict[str, list[Row]]) -> None:
    for found in rows.values():
        for row in found:
            if row.action == "(signed in)":
                assert not any(row.lets_in(persona) for persona in NOBODY), row
                assert row.lets_in("no role"), row


def test_pages_and_rest_let_the_same_roles_see_the_same(rows: dict[str, list[Row]]) -> None:
    for found in rows.values():
        seen: dict[tuple[str, ...], dict[tuple[bool, ...], Row]] = defaultdict(dict)
        for row in found:
            people = [persona for persona in row.answers if persona not in (*NOBODY, *KEYS)]
            shown = tuple(row.lets_in(persona) and row.answers[persona] != "404" for persona in people)
            if row.asked and row.route.names_an_object:
                seen[row.asked][shown] = row
        for asked, ways in seen.items():
            assert len(ways) == 1, f"{asked} differs: " + "; ".join(str(row.route) for row in ways.values())


def _written(world: World, rows: dict[str, list[Row]]) -> list[str]:
    lines = [_HEAD]
    for ring, roles in ((world.rings[0], TENANT_ROLES), (world.rings[2], PLATFORM_ROLES)):
        found = rows[ring.site.name]
        lines += ["A tenant" if ring.site.ref else "The platform", "", *table(found, personas(ring)), ""]
        by_pages = {code for row in found if not row.is_api for code in row.asked}
        by_rest = {code for row in found if row.is_api for code in row.asked}
        lines += [
            f"Asked by pages alone: {_codes(by_pages - by_rest)}",
            f"Asked by REST alone: {_codes(by_rest - by_pages)}",
            f"Asked by no gate: {_codes(grantable(roles) - by_pages - by_rest)}",
            "",
        ]
    assert set(actions()) == grantable([*TENANT_ROLES, *PLATFORM_ROLES])
    return lines


def _codes(codes: set[str] | frozenset[str]) -> str:
    return ", ".join(sorted(codes)) or "none"
