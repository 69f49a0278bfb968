from collections.abc import Callable
from typing import Any

import pytest

from core import clock, ids
from core.tenancy import TenantRef, tenant_context
from shared_apps.trail.models import TrailEntry
from shared_apps.users.models import User
from tenant_apps.events.models import EventDelivery, OutboxEvent

People = Callable[..., User]


@pytest.fixture
def dead(inside: TenantRef) -> OutboxEvent:
    """An event that was given up after one of two subscribers had handled it."""
    event = OutboxEvent.objects.create(
        kind="test.failed",
        subject_id="subject-1",
        payload={"figure": "1.00", "name": "<b>"},
        state="dead",
        attempts=12,
        last_error="b.second: ValueError: no",
    )
    EventDelivery.objects.create(event=event, subscriber="a.first")
    return event


@pytest.fixture
def done(inside: TenantRef) -> OutboxEvent:
    return OutboxEvent.objects.create(
        kind="test.done", subject_id="subject-2", state="dispatched", dispatched_at=clock.now()
    )


def unchanged(event: OutboxEvent) -> bool:
    return OutboxEvent.objects.filter(pk=event.pk, state=event.state, attempts=event.attempts).exists()


def test_the_list_shows_and_filters(person: People, browser: Any, dead: OutboxEvent, done: OutboxEvent) -> None:
    client = browser(person("tenant_admin"))

    rows = client.get("/events/").context["page"].rows
    assert [row.pk for row in rows if row.kind.startswith("test.")] == [done.pk, dead.pk]
    found = client.get("/events/?state=dead&kind=test.failed")
    assert [event.pk for event in found.context["page"].rows] == [dead.pk]
    assert "Given up" in found.content.decode()
    assert "No events" in client.get("/events/?kind=test.none").content.decode()
    assert client.get("/events/?state=nonsense").status_code == 422


def test_the_page_of_an_event_says_what_failed_and_who_was_told(
    person: People, browser: Any, dead: OutboxEvent
) -> None:
    html = browser(person("tenant_admin")).get(f"/events/{dead.pk}/").content.decode()

    for text in ("b.second: ValueError: no", "12 attempts failed", "a.first", "1.00", "&lt;b&gt;", "Retry now"):
        assert text in html


def test_a_retry_by_the_page_hands_the_event_on_again(person: People, browser: Any, dead: OutboxEvent) -> None:
    answer = browser(person("tenant_admin")).post(f"/events/{dead.pk}/retry/")

    assert (answer.status_code, answer["Location"]) == (303, f"/events/{dead.pk}/")
    dead.refresh_from_db()
    assert (dead.state, dead.attempts) == ("pending", 0)
    entry = TrailEntry.objects.get(action="events.retry")
    assert (entry.object_id, entry.changes) == (str(dead.pk), {"last_error": "b.second: ValueError: no"})


def test_a_delivered_event_is_not_retried(person: People, browser: Any, done: OutboxEvent) -> None:
    client = browser(person("tenant_admin"))

    assert "Retry now" not in client.get(f"/events/{done.pk}/").content.decode()
    assert client.post(f"/events/{done.pk}/retry/").status_code == 409
    assert unchanged(done)


def test_who_may_only_look_sees_who_can_retry(person: People, browser: Any, dead: OutboxEvent) -> None:
    client = browser(person("firm_admin"))
    html = client.get(f"/events/{dead.pk}/").content.decode()

    assert "Retry now" not in html
    assert "Ask an administrator" in html
    assert client.post(f"/events/{dead.pk}/retry/").status_code == 403
    assert unchanged(dead)


def test_a_missing_and_a_foreign_event_are_alike(
    person: People, browser: Any, program: Any, other_tenant: TenantRef
) -> None:
    with tenant_context(other_tenant):
        foreign = OutboxEvent.objects.create(kind="test.foreign", subject_id="1", state="dead")
    admin = person("tenant_admin")
    client, call = browser(admin), program(admin)

    for key in (foreign.pk, ids.uuid7()):
        assert client.get(f"/events/{key}/").status_code == 404
        assert client.post(f"/events/{key}/retry/").status_code == 404
        assert call("get", f"events/events/{key}/").status_code == 404
        assert call("post", f"events/events/{key}/retry/").status_code == 404
    with tenant_context(other_tenant):
        assert unchanged(foreign)


@pytest.mark.parametrize("roles", [("member",), ("staff",), ("accountant",)])
def test_events_are_not_for_everybody(
    person: People, browser: Any, program: Any, dead: OutboxEvent, roles: tuple[str, ...]
) -> None:
    user = person(*roles)
    client, call = browser(user), program(user)

    for path in ("/events/", f"/events/{dead.pk}/"):
        assert client.get(path).status_code == 403
    assert client.post(f"/events/{dead.pk}/retry/").status_code == 403
    assert call("get", "events/events/").status_code == 403
    assert call("post", f"events/events/{dead.pk}/retry/").status_code in (403, 404)
    assert unchanged(dead)


def test_rest_lists_reads_and_retries(
    person: People, program: Any, dead: OutboxEvent, done: OutboxEvent, django_assert_max_num_queries: Any
) -> None:
    call = program(person("tenant_admin"))

    listed = call("get", "events/events/?state=dead").json()["results"]
    assert [(row["id"], row["deliveries"][0]["subscriber"]) for row in listed] == [(str(dead.pk), "a.first")]
    assert call("get", f"events/events/{done.pk}/").json()["sequence"] == done.sequence

    answer = call("post", f"events/events/{dead.pk}/retry/")
    assert (answer.status_code, answer.json()["state"], answer.json()["attempts"]) == (200, "pending", 0)
    assert call("post", f"events/events/{done.pk}/retry/").json()["type"].endswith("event_delivered")
    assert call("post", f"events/events/{dead.pk}/retry/", {"now": True}).status_code == 400
    assert unchanged(done)
