import pytest

from core.tenancy import TenantState, directory, platform_context
from shared_apps.tenants.models import TemplateStep, Tenant
from tests.support.twins import Twins

ANSWERS = {
    TenantState.REQUESTED: (503, "tenant_opening"),
    TenantState.PROVISIONING: (503, "tenant_opening"),
    TenantState.READY: (503, "tenant_opening"),
    TenantState.TRIAL: (200, None),
    TenantState.ACTIVE: (200, None),
    TenantState.PAST_DUE: (200, None),
    TenantState.READ_ONLY: (200, None),
    TenantState.SUSPENDED: (403, "tenant_suspended"),
    TenantState.ARCHIVED: (410, "tenant_archived"),
    TenantState.DELETING: (410, "tenant_closed"),
    TenantState.PURGED: (404, None),
    TenantState.MOVING: (503, "tenant_moving"),
    TenantState.RESTORING: (503, "tenant_moving"),
}


def put(ref, **values):
    with platform_context():
        Tenant.objects.filter(pk=ref.uuid).update(**values)
    directory().forget()


@pytest.mark.parametrize(("state", "answer"), ANSWERS.items())
def test_a_host_answers_as_its_organisations_state_says(db, twins: Twins, client_for, state, answer):
    put(twins.first, state=state)
    status, code = answer
    page = client_for(twins.first).get("/")
    assert page.status_code == status
    assert page.headers["Content-Type"].startswith("text/html")
    # A host that serves shows its public home, any other says why not, and lets no crawler in.
    assert (b'href="/account/sign-in/"' in page.content) == (status == 200)
    robots = client_for(twins.first).get("/robots.txt")
    assert robots.status_code == (404 if status == 404 else 200)
    assert (b"Allow: /$" in robots.content) == (status == 200)
    problem = client_for(twins.first).get("/api/v1/auth/me/")
    if code:
        assert (problem.status_code, problem.json()["type"]) == (status, f"/problems/{code}")
        assert problem.headers["Content-Type"] == "application/problem+json"
        assert (status == 503) == ("Retry-After" in problem.headers)
    elif status == 404:
        assert page.content == problem.content
        assert b"North" not in page.content
    else:
        assert problem.status_code == 401


def test_every_state_has_an_answer():
    assert set(ANSWERS) == set(TenantState)


def test_a_process_whose_code_is_newer_than_the_template_serves_nobody(fleet: Twins, client_for, migrations):
    assert client_for(fleet.first).get("/").status_code == 200
    assert client_for("platform").get("/readyz").status_code == 200
    migrations.write("9001_note", 'migrations.AddField("taskrun", "note", models.TextField(default="-"))')
    assert client_for(fleet.first).get("/").status_code == 503
    ready = client_for("platform").get("/readyz", headers={"accept": "application/json"})
    assert ready.status_code == 503 and "migrations" in ready.content.decode()


def test_older_code_serves_organisations_that_are_ahead(fleet: Twins, client_for):
    with platform_context():
        last = TemplateStep.objects.last()
        TemplateStep.objects.create(ordinal=last.ordinal + 1, app_label="jobs", name="9999_later", kind="sql")
    put(fleet.first, template_step=last.ordinal + 1)
    assert client_for(fleet.first).get("/").status_code == 200
