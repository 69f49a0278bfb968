from uuid import uuid4

import pytest

from core.api.openapi import describe
from core.tenancy import TenantState, platform_context, tenant_context
from shared_apps.tenants.models import StateChange, Tenant
from shared_apps.trail.models import TrailEntry
from tests.support.factories.users import make_api_key, make_tokens, make_user
from tests.support.twins import Twins

TENANTS = "/api/platform/v1/tenants/"
NEW = {"slug": "riverbank", "name": "Riverbank Trust", "owner_email": "olga@example.org"}
CHANGES = {
    "suspend": TenantState.SUSPENDED,
    "read-only": TenantState.READ_ONLY,
    "archive": TenantState.ARCHIVED,
}


@pytest.fixture
def bearer(db):
    """The header of somebody with a role on the platform, by access token or API key."""

    def make(role, *, key=False, scopes=None):
        with platform_context():
            user = make_user(f"{role or 'nobody'}@platform.example", roles=[role] if role else [])
            credential = make_api_key(user, scopes=scopes).text if key else make_tokens(user).access
        return {"Authorization": f"Bearer {credential}"}

    return make


@pytest.fixture
def api(client_for):
    return client_for("platform")


def problem(answer):
    return answer.status_code, answer.json()["type"].removeprefix("/problems/")


def rows():
    with platform_context():
        return (
            Tenant.objects.count(),
            StateChange.objects.count(),
            TrailEntry.objects.filter(object_type="tenants.tenant").count(),
        )


def test_an_organisation_is_created_and_queued(api, bearer, queued, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        answer = api.post(TENANTS, NEW, "application/json", headers=bearer("platform_admin"))
    assert answer.status_code == 201
    body = answer.json()
    with platform_context():
        tenant = Tenant.objects.get(slug="riverbank")
    assert answer.headers["Location"].endswith(f"{TENANTS}{tenant.pk}/")
    assert {name: body[name] for name in ("id", "slug", "name", "state", "url", "template_step")} == {
        "id": str(tenant.pk),
        "slug": "riverbank",
        "name": "Riverbank Trust",
        "state": "requested",
        "url": "http://riverbank.localhost:8000",
        "template_step": 0,
    }
    assert set(body) == {"id", "slug", "name", "state", "url", "template_step", "created_at", "state_changed_at"}
    assert [message.args for message in queued() if message.task == "tenants.provision"] == [[str(tenant.pk)]]


def test_a_repeated_creation_answers_the_same_once(committed: Twins, client_for):
    with platform_context():
        user = make_user("admin@platform.example", roles=["platform_admin"])
        headers = {"Authorization": f"Bearer {make_tokens(user).access}", "Idempotency-Key": "one"}
    first, second = (client_for("platform").post(TENANTS, NEW, "application/json", headers=headers) for _ in range(2))
    assert (first.status_code, first.content) == (second.status_code, second.content)
    assert second.headers["Idempotent-Replayed"] == "true"
    other = client_for("platform").post(TENANTS, {**NEW, "name": "Other"}, "application/json", headers=headers)
    assert problem(other) == (422, "idempotency_key_reused")
    with platform_context():
        assert Tenant.objects.filter(slug="riverbank").count() == 1


@pytest.mark.parametrize(
    ("body", "status", "field", "code"),
    [
        ({**NEW, "slug": "north"}, 422, "slug", "taken"),
        ({**NEW, "slug": "admin"}, 422, "slug", "reserved"),
        ({**NEW, "slug": "a"}, 422, "slug", "invalid"),
        ({**NEW, "owner_email": "nobody"}, 400, "owner_email", "invalid"),
        ({**NEW, "name": ""}, 400, "name", "blank"),
        ({**NEW, "schema_name": "t_x"}, 400, "schema_name", "unknown_field"),
        ({**NEW, "state": "active"}, 400, "state", "unknown_field"),
        ({}, 400, "slug", "required"),
    ],
)
def test_a_creation_that_cannot_be_names_the_field(api, bearer, body, status, field, code):
    before = rows()
    answer = api.post(TENANTS, body, "application/json", headers=bearer("platform_admin"))
    assert answer.status_code == status
    assert (field, code) in [(each["field"], each["code"]) for each in answer.json()["errors"]]
    assert rows() == before


def test_organisations_are_listed_searched_filtered_and_read(api, bearer, twins: Twins):
    headers = bearer("support")
    listed = api.get(TENANTS, headers=headers).json()["results"]
    assert [each["slug"] for each in listed] == ["south", "north"]
    assert [each["slug"] for each in api.get(f"{TENANTS}?search=nor", headers=headers).json()["results"]] == ["north"]
    assert [each["slug"] for each in api.get(f"{TENANTS}?ordering=slug", headers=headers).json()["results"]] == [
        "north",
        "south",
    ]
    assert api.get(f"{TENANTS}?state=suspended", headers=headers).json()["results"] == []
    assert problem(api.get(f"{TENANTS}?state=nonsense", headers=headers)) == (400, "validation_failed")
    page = api.get(f"{TENANTS}?page_size=1", headers=headers).json()
    assert len(page["results"]) == 1 and page["next"]
    answer = api.get(f"{TENANTS}{twins.first.uuid}/", headers=headers)
    assert answer.json() in listed
    assert twins.first.schema not in answer.content.decode()


def test_a_list_costs_the_same_for_any_number(api, bearer, requested, django_assert_max_num_queries):
    headers = bearer("support")
    counted = []
    for slug in ("riverbank", "kiln"):
        with django_assert_max_num_queries(20) as queries:
            api.get(TENANTS, headers=headers)
        counted.append(len(queries))
        requested(slug)
    assert counted[0] == counted[1]


@pytest.mark.parametrize(("change", "state"), CHANGES.items())
def test_an_organisation_is_held_and_resumed(api, bearer, twins: Twins, change, state):
    headers = bearer("platform_admin", key=True)
    answer = api.post(f"{TENANTS}{twins.first.uuid}/{change}/", {"reason": "so"}, "application/json", headers=headers)
    assert (answer.status_code, answer.json()["state"]) == (200, state)
    with platform_context():
        change_made = StateChange.objects.get()
        assert (change_made.to_state, change_made.reason) == (state, "so")
        assert change_made.actor_label.startswith("Test (platform_admin@")
    answer = api.post(f"{TENANTS}{twins.first.uuid}/resume/", {}, "application/json", headers=headers)
    assert (answer.status_code, answer.json()["state"]) == (200, "active")


def test_a_change_that_the_state_does_not_allow_is_a_conflict(api, bearer, twins: Twins):
    before = rows()
    answer = api.post(f"{TENANTS}{twins.first.uuid}/resume/", {}, "application/json", headers=bearer("platform_admin"))
    assert problem(answer) == (409, "transition_refused")
    assert rows() == before


@pytest.mark.parametrize(
    ("role", "reads", "creates", "changes"),
    [
        ("platform_admin", 200, 201, 200),
        ("support", 200, 403, 403),
        (None, 403, 403, 403),
        ("anonymous", 401, 401, 401),
    ],
)
def test_who_may_do_what(api, bearer, twins: Twins, role, reads, creates, changes):
    headers = {} if role == "anonymous" else bearer(role)
    before = rows()
    assert api.get(TENANTS, headers=headers).status_code == reads
    assert api.get(f"{TENANTS}{twins.first.uuid}/", headers=headers).status_code == reads
    assert api.post(TENANTS, NEW, "application/json", headers=headers).status_code == creates
    for change in CHANGES:
        with platform_context():
            Tenant.objects.filter(pk=twins.first.uuid).update(state="active")
        answer = api.post(f"{TENANTS}{twins.first.uuid}/{change}/", {}, "application/json", headers=headers)
        assert answer.status_code == changes
    if changes != 200:
        assert rows() == before


def test_a_key_does_what_its_scopes_say(api, bearer, twins: Twins):
    headers = bearer("platform_admin", key=True, scopes=["tenants.view"])
    assert api.get(TENANTS, headers=headers).status_code == 200
    assert api.post(TENANTS, NEW, "application/json", headers=headers).status_code == 403


def test_a_missing_a_malformed_and_a_purged_id_answer_alike(api, bearer, requested):
    gone, headers = requested("riverbank"), bearer("platform_admin")
    with platform_context():
        Tenant.objects.filter(pk=gone.pk).update(state="purged")
    for key in (uuid4(), "nonsense", gone.pk):
        for answer in (
            api.get(f"{TENANTS}{key}/", headers=headers),
            api.post(f"{TENANTS}{key}/suspend/", {}, "application/json", headers=headers),
        ):
            assert problem(answer) == (404, "not_found")


def test_nothing_of_it_is_on_an_organisations_host(client_for, tenant, bearer):
    with tenant_context(tenant):
        own = {"Authorization": f"Bearer {make_tokens(make_user()).access}"}
    for headers in (own, bearer("platform_admin"), {}):
        assert client_for(tenant).get(TENANTS, headers=headers).status_code == 404
        assert client_for(tenant).get("/api/v1/tenants/", headers=headers).status_code == 404
    assert client_for("platform").get(TENANTS, headers=own).status_code == 401


def test_it_is_described_with_examples(db, settings):
    from django.urls import set_urlconf

    set_urlconf(settings.PLATFORM_URLCONF)
    try:
        with platform_context():
            paths = describe(title="Platform", language="en")["paths"]
    finally:
        set_urlconf(None)
    create = paths[TENANTS]["post"]
    example = create["requestBody"]["content"]["application/json"]["example"]
    assert set(example) == {"slug", "name", "owner_email", "owner_name"}
    read = paths[TENANTS + "{id}/"]["get"]["responses"]["200"]["content"]["application/json"]["example"]
    assert "url" in read and "schema_name" not in read
    assert {path for path in paths if path.startswith(TENANTS)} == {
        TENANTS,
        TENANTS + "changes/",
        TENANTS + "{id}/",
        TENANTS + "{id}/inside/",
        TENANTS + "{id}/dry-run/",
        TENANTS + "{id}/work/{backlog}/{piece}/retry/",
        *(f"{TENANTS}{{id}}/{change}/" for change in (*CHANGES, "resume", "delete")),
    }
