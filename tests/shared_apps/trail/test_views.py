import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
import time_machine

from core.actor import SYSTEM, Actor
from core.ids import uuid7
from core.tenancy import TenantRef, tenant_context
from shared_apps.trail.models import TrailEntry
from shared_apps.trail.services import trail_record
from shared_apps.users.models import Role
from tests.conftest import HostClient
from tests.support.factories.users import make_api_key, make_user
from tests.support.queries import fewest_queries

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
    entry = record("users.invite", "u-2")

    html = admin.get("/trail/").content.decode()

    assert "Person u-2" in html
    assert "test.first" in html
    assert f'href="/trail/{entry.pk}/"><b class="truncate">Invite a person' in html
    assert admin.get("/trail/?action=users.invite").content.decode().count("Person u-2") == 1


def test_an_entry_shows_its_changes_side_by_side(admin: HostClient) -> None:
    changes = {
        "name": {"from": "<b>Old</b>", "to": "New"},
        "roles": {"from": ["a", "b"], "to": []},
        "kept": {"inner": 1},
        "only": {"to": None},
        "plain": "x",
    }
    entry = trail_record(
        actor=Actor(kind="user", id="u-1", label="Ada", address="192.0.2.7", request_id="r-1"),
        action="test.edit",
        obj=Role.objects.order_by("code").first(),
        summary="Why not",
        changes=changes,
    )
    html = admin.get(f"/trail/{entry.pk}/").content.decode()
    for text in (
        "<del>&lt;b&gt;Old&lt;/b&gt;</del></td><td>New",
        "<del>a, b</del></td><td>–",
        "{&quot;inner&quot;: 1}",
        "Why not",
        "?actor_kind=user&amp;actor_id=u-1",
        "?address=192.0.2.7",
        "r-1",
    ):
        assert text in html, text
    assert "This entry names no changes." in admin.get(f"/trail/{plain().pk}/").content.decode()


def plain() -> TrailEntry:
    return trail_record(actor=SYSTEM, action="test.plain", obj=Role.objects.first())


def test_missing_and_foreign_entries_are_answered_alike(admin: HostClient, other_tenant: TenantRef) -> None:
    with tenant_context(other_tenant):
        foreign = plain()
    for key in (foreign.pk, uuid7()):
        assert admin.get(f"/trail/{key}/").status_code == 404


def lines_of(answer: Any) -> list[Any]:
    return [json.loads(line) for line in b"".join(answer.streaming_content).splitlines()]


def test_it_is_taken_as_files_and_that_stands_in_it(admin: HostClient) -> None:
    trail_record(
        actor=Actor(kind="user", id="u-1", label="=SUM(1)"),
        action="test.a",
        obj=Role.objects.first(),
        changes={"name": {"from": "@x", "to": "é"}},
    )
    (line,) = lines_of(admin.get("/trail/?action=test.a&export=jsonl"))
    assert (line["actor_label"], line["changes"]) == ("=SUM(1)", {"name": {"from": "@x", "to": "é"}})
    text = b"".join(admin.get("/trail/?action=test.a&export=csv").streaming_content).decode()
    assert ",'=SUM(1)," in text
    assert admin.get("/trail/?action=test.a&export=xlsx").status_code == 200
    assert admin.get("/trail/?export=pdf").status_code == 404
    taken = TrailEntry.objects.filter(action="trail.export").order_by("id")
    assert [(entry.summary, entry.changes) for entry in taken] == [
        ("jsonl", {"action": "test.a"}),
        ("csv", {"action": "test.a"}),
        ("xlsx", {"action": "test.a"}),
    ]


def test_a_file_holds_so_many(admin: HostClient, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("shared_apps.trail.views", "shared_apps.trail.api.views"):
        monkeypatch.setattr(f"{module}.MOST_EXPORTED", 1)
    record("test.a")
    record("test.a")
    assert admin.get("/trail/?action=test.a&export=csv").status_code == 422
    assert admin.get("/api/v1/trail/entries/export/?action=test.a").status_code == 422
    assert not TrailEntry.objects.filter(action="trail.export").exists()


def test_it_costs_the_same_with_10_and_with_1000_entries(admin: HostClient) -> None:
    role = Role.objects.first()

    def add(count: int) -> None:
        TrailEntry.objects.bulk_create(
            TrailEntry(actor_kind="system", action="test.a", object_type="users.role", object_id=str(role.pk))
            for _ in range(count)
        )

    def costs() -> list[int]:
        paths = ("/trail/", "/trail/?action=test.a", "/api/v1/trail/entries/")
        return [fewest_queries(partial(admin.get, path)) for path in paths]

    add(10)
    few = costs()
    add(1000)
    assert costs() == few


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("action=test.b", ["test.b"]),
        ("actor_kind=user&actor_id=u-2", ["test.c"]),
        ("object_type=users.role&object_id=none", []),
        ("since=2026-03-01T12:00&until=2026-03-01T12:01", ["test.a"]),
        ("since=2026-03-01T12:01&object_type=users.role", ["test.c", "test.b"]),
        ("until=2026-03-01T12:01&actor_kind=user", ["test.a"]),
        ("q=person u-2", ["test.c"]),
        ("address=192.0.2.99", []),
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
    for query in ("since=yesterday", "address=nowhere"):
        answer = admin.get(f"/trail/?{query}")
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
    entry = record("test.a")
    for path in ("/trail/", f"/trail/{entry.pk}/", "/trail/?export=csv", "/api/v1/trail/entries/export/"):
        assert browser(*roles).get(path).status_code == 403


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
    assert client.get("/api/v1/trail/entries/?address=nowhere", headers=headers).status_code == 400
    path = "/api/v1/trail/entries/export/"
    assert [line["action"] for line in lines_of(client.get(f"{path}?action=test.a", headers=headers))] == ["test.a"]
    assert b"test.a" in b"".join(client.get(f"{path}?file=csv&search=person", headers=headers).streaming_content)
    assert client.get(f"{path}?file=pdf", headers=headers).status_code == 400
    assert client.get(f"{path}?nonsense=1", headers=headers).status_code == 400
