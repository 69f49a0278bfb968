from collections.abc import Callable
from typing import Any

import pytest

from core import clock, ids
from core.actor import Actor
from core.tenancy import TenantRef, tenant_context
from shared_apps.users.actors import person_actor
from shared_apps.users.models import User
from tenant_apps.jobs.models import TaskRun
from tenant_apps.jobs.permissions import may_cancel, may_view

People = Callable[..., User]


def run_of(user: User, **values: Any) -> TaskRun:
    return TaskRun.objects.create(
        **{
            "kind": "test.job",
            "requested_by_kind": "user",
            "requested_by_id": str(user.pk),
            "requested_by_label": "Anna",
            **values,
        }
    )


def running(user: User, **values: Any) -> TaskRun:
    now = clock.now()
    return run_of(user, state="running", started_at=now, lease_until=now, **values)


def ended(user: User, state: str = "succeeded", **values: Any) -> TaskRun:
    return run_of(user, state=state, finished_at=clock.now(), **values)


def unchanged(run: TaskRun) -> bool:
    return TaskRun.objects.filter(pk=run.pk, state=run.state, cancel_requested=run.cancel_requested).exists()


def test_people_see_their_own_jobs_and_administrators_all(person: People, browser: Any, program: Any) -> None:
    staff, admin = person("staff"), person("tenant_admin")
    own, others = run_of(staff), run_of(admin)

    assert [run.pk for run in browser(staff).get("/jobs/").context["page"].rows] == [own.pk]
    assert [run.pk for run in browser(admin).get("/jobs/").context["page"].rows] == [others.pk, own.pk]
    assert [row["id"] for row in program(admin)("get", "jobs/runs/").json()["results"]] == [str(others.pk), str(own.pk)]


def test_a_key_sees_the_jobs_that_it_started(person: People, program: Any) -> None:
    staff = person("staff")
    run_of(staff)

    assert program(staff)("get", "jobs/runs/").json()["results"] == []


def test_the_list_filters(person: People, browser: Any) -> None:
    staff = person("staff")
    run_of(staff)
    failed = ended(staff, "failed", error="No header row.")
    client = browser(staff)

    assert [run.pk for run in client.get("/jobs/?state=failed").context["page"].rows] == [failed.pk]
    assert "No jobs" in client.get("/jobs/?state=cancelled").content.decode()
    assert client.get("/jobs/?state=nonsense").status_code == 422


def test_the_progress_of_a_live_run_asks_for_itself(person: People, browser: Any) -> None:
    staff = person("staff")
    run = running(staff, progress_done=3, progress_total=12, progress_message="Rows")
    client = browser(staff)

    page = client.get(f"/jobs/{run.pk}/").content.decode()
    fragment = client.get(f"/jobs/{run.pk}/", headers={"HX-Request": "true"}).content.decode()

    for html in (page, fragment):
        assert f'hx-get="/jobs/{run.pk}/" hx-trigger="every 2s" hx-swap="outerHTML"' in html
        assert '<progress max="100" value="25"' in html
        assert "3 of 12" in html
        assert "Cancel the job" in html
    assert "<html" in page
    assert "<html" not in fragment


@pytest.mark.parametrize(
    ("state", "shown"),
    [("succeeded", 'value="100"'), ("failed", "No header row."), ("cancelled", "Cancelled")],
)
def test_an_ended_run_asks_no_more(person: People, browser: Any, state: str, shown: str) -> None:
    staff = person("staff")
    run = ended(staff, state, error="No header row." if state == "failed" else "")

    fragment = browser(staff).get(f"/jobs/{run.pk}/", headers={"HX-Request": "true"}).content.decode()

    assert "hx-trigger" not in fragment
    assert "Cancel the job" not in fragment
    assert shown in fragment


def test_a_run_whose_total_nobody_knows_shows_that_it_works(person: People, browser: Any) -> None:
    staff = person("staff")
    run = running(staff, progress_done=7, cancel_requested=True)

    html = browser(staff).get(f"/jobs/{run.pk}/").content.decode()

    assert '<progress max="100" aria-label' in html
    assert "It stops in a moment." in html


def test_cancelling_by_the_page(person: People, browser: Any) -> None:
    staff = person("staff")
    waiting, busy, done = run_of(staff), running(staff), ended(staff)
    client = browser(staff)

    assert client.post(f"/jobs/{waiting.pk}/cancel/")["Location"] == f"/jobs/{waiting.pk}/"
    assert client.post(f"/jobs/{busy.pk}/cancel/").status_code == 303
    assert client.post(f"/jobs/{done.pk}/cancel/").status_code == 409

    waiting.refresh_from_db()
    busy.refresh_from_db()
    assert (waiting.state, busy.state, busy.cancel_requested) == ("cancelled", "running", True)
    assert unchanged(done)


def test_cancelling_by_rest(person: People, program: Any) -> None:
    admin = person("tenant_admin")
    run, done = run_of(admin), ended(admin)
    call = program(admin)

    answer = call("post", f"jobs/runs/{run.pk}/cancel/")
    assert (answer.status_code, answer.json()["state"]) == (200, "cancelled")
    assert call("get", f"jobs/runs/{run.pk}/").json()["percent"] is None
    assert call("post", f"jobs/runs/{done.pk}/cancel/").status_code == 409
    assert unchanged(done)


def test_runs_of_others_missing_and_foreign_ones_are_alike(
    person: People, browser: Any, program: Any, other_tenant: TenantRef
) -> None:
    staff, admin = person("staff"), person("tenant_admin")
    others = run_of(admin)
    with tenant_context(other_tenant):
        foreign = run_of(admin)
    client, call = browser(staff), program(staff)

    for key in (others.pk, foreign.pk, ids.uuid7()):
        assert client.get(f"/jobs/{key}/").status_code == 404
        assert client.post(f"/jobs/{key}/cancel/").status_code == 404
        assert call("get", f"jobs/runs/{key}/").status_code == 404
        assert call("post", f"jobs/runs/{key}/cancel/").status_code == 404
    assert unchanged(others)
    with tenant_context(other_tenant):
        assert unchanged(foreign)


def test_members_have_no_jobs(person: People, browser: Any, program: Any) -> None:
    member = person("member")
    run = run_of(member)

    assert browser(member).get("/jobs/").status_code == 403
    assert browser(member).post(f"/jobs/{run.pk}/cancel/").status_code == 403
    assert program(member)("get", "jobs/runs/").status_code == 403
    assert unchanged(run)


def test_nobody_sees_jobs_without_signing_in(inside: TenantRef, client_for: Any) -> None:
    for path in ("/jobs/", "/events/"):
        assert client_for(inside).get(path).status_code == 302
    for path in ("jobs/runs", "events/events"):
        assert client_for(inside).get(f"/api/v1/{path}/").status_code == 401


def test_the_rules_say_why(person: People) -> None:
    staff, member = person_actor(person("staff")), person_actor(person("member"))
    stranger = TaskRun(requested_by_kind="user", requested_by_id="somebody")

    for rule in (may_view, may_cancel):
        assert rule(staff)
        assert not rule(staff, stranger)
        assert "Somebody else" in rule(staff, stranger).reason
        assert "does not include jobs" in rule(member).reason
        assert rule(Actor(kind="system", id="system", label="System"), stranger)
