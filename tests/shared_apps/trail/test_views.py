from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine

from core.actor import Actor
from core.tenancy import TenantRef
from shared_apps.trail.models import TrailEntry
from shared_apps.trail.services import trail_record
from shared_apps.users.models import Role
from tests.conftest import HostClient
from tests.support.factories.users import make_api_key, make_user

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def record(action: str, actor: str = "u-1", *, at: datetime = NOON) -> TrailEntry:
    with time_machine.travel(at, tick=False):
        return trail_record(
            actor=Actor(kind="user", id=actor, label=f"Person {actor}"),
            action=action,
            obj=Role.objects.order_by("code").first(),
            changes={"name": "<b>New</b>"},
        )


@pytest.fixture
def admin(browser: Callable[..., HostClient]) -> HostClient:
    return browser("tenant_admin")


def actions(answer: Any) -> list[str]:
    return [entry.action for entry in answer.context["page"].rows]


def test_the_page_shows_who_did_what(admin: HostClient) -> None:
    record("test.first")
    record("users.invite", "u-2")

    answer = admin.get("/trail/")
    html = answer.content.decode()

    assert answer.status_code == 200
    assert "Person u-2" in html
    assert "test.first" in html
    assert "users.invite" not in html.replace("action=users.invite", ""), "a registered action is shown by its label"
    assert "&lt;b&gt;New&lt;/b&gt;" in html


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("action=test.b", ["test.b"]),
        ("actor_kind=user&actor_id=u-2", ["test.c"]),
        ("object_type=users.role&object_id=none", []),
        ("since=2026-03-01T12:00&until=2026-03-01T12:01", ["test.a"]),
        ("since=2026-03-01T12:01&object_type=users.role", ["test.c", "test.b"]),
        ("until=2026-03-01T12:01&actor_kind=user", ["test.a"]),
    ],
)
def test_the_page_filters(admin: HostClient, query: str, expected: list[str]) -> None:
    record("test.a", at=NOON)
    record("test.b", at=NOON + timedelta(minutes=1))
    record("test.c", "u-2", at=NOON + timedelta(minutes=2))

    answer = admin.get(f"/trail/?{query}")

    assert actions(answer) == expected
    assert ("Nothing found" in answer.content.decode()) is (not expected)


def test_a_filter_that_is_not_understood_says_so(admin: HostClient) -> None:
    answer = admin.get("/trail/?since=yesterday")

    assert answer.status_code == 422
    assert "The filter was not understood" in answer.content.decode()


def test_pages_follow_each_other_and_keep_the_filter(admin: HostClient, django_assert_max_num_queries: Any) -> None:
    for number in range(60):
        record("test.many", at=NOON + timedelta(seconds=number))
    record("test.other")

    seen, query = [], "action=test.many"
    while query:
        page = admin.get(f"/trail/?{query}").context["page"]
        seen += [entry.pk for entry in page.rows]
        query = page.older

    assert len(seen) == len(set(seen)) == 60
    assert seen == sorted(seen, reverse=True)


@pytest.mark.parametrize("roles", [("member",), ("accountant",), ("staff",)])
def test_the_trail_is_not_for_everybody(browser: Callable[..., HostClient], roles: tuple[str, ...]) -> None:
    assert browser(*roles).get("/trail/").status_code == 403


def test_nobody_sees_it_without_signing_in(inside: TenantRef, client_for: Callable[..., HostClient]) -> None:
    assert client_for(inside).get("/trail/").status_code == 302
    assert client_for(inside).get("/api/v1/trail/entries/").status_code == 401


def test_rest_lists_filters_and_reads(inside: TenantRef, client_for: Callable[..., HostClient]) -> None:
    key = make_api_key(make_user()).text
    first, second = record("test.a"), record("test.b")
    client = client_for(inside)
    headers = {"Authorization": f"Bearer {key}"}

    answer = client.get("/api/v1/trail/entries/?since=2026-03-01T12:00:00Z&until=2026-03-01T12:00:01Z", headers=headers)
    assert [row["id"] for row in answer.json()["results"]] == sorted([str(first.pk), str(second.pk)], reverse=True)
    one = client.get(f"/api/v1/trail/entries/{first.pk}/", headers=headers).json()
    assert (one["action"], one["changes"], one["actor_label"]) == ("test.a", {"name": "<b>New</b>"}, "Person u-1")

    for method in ("post", "put", "patch", "delete"):
        assert getattr(client, method)(f"/api/v1/trail/entries/{first.pk}/", headers=headers).status_code == 405
    assert client.get("/api/v1/trail/entries/?nonsense=1", headers=headers).status_code == 400
