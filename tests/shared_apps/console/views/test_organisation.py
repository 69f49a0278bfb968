import pytest

from core import clock
from core.actor import SYSTEM
from core.tenancy import TenantState, directory, platform_context, tenant_context
from shared_apps.console.changes import CHANGES
from shared_apps.console.choices import OrderKind, OrderState
from shared_apps.console.dry_runs import dry_run
from shared_apps.console.errors import TenantSilent
from shared_apps.console.inside import inside_get
from shared_apps.console.models import FleetOrder
from shared_apps.console.services.measuring import slice_measure
from shared_apps.console.services.retrying import piece_retry
from shared_apps.tenants.models import StateChange, Tenant
from shared_apps.trail.models import TrailEntry
from tenant_apps.events.models import OutboxEvent
from tenant_apps.jobs.models import TaskRun
from tests.support.factories.users import make_api_key, make_tokens, make_user


@pytest.fixture
def north(tenant):
    """A tenant with two people, a program that is signed in, a key, and a job that failed."""
    with tenant_context(tenant):
        ada = make_user("ada@north.example")
        make_user("ben@north.example", roles=["staff"])
        make_tokens(ada)
        make_api_key(ada)
        OutboxEvent.objects.all().delete()
        TaskRun.objects.create(
            kind="contacts.import", state="failed", error="No such file.", finished_at=clock.now(),
            requested_by_kind="user", attempts=1,
        )  # fmt: skip
    with platform_context():
        return Tenant.objects.get(pk=tenant.uuid)


def run_of(tenant):
    with tenant_context(tenant):
        return TaskRun.objects.get()


def test_a_page_shows_what_is_inside_and_nothing_of_its_neighbour(signed_in, north, other_tenant):
    with tenant_context(other_tenant):
        make_user("cleo@south.example", name="Cleo")
    with platform_context():
        slice_measure(number=0, count=1)
    page = signed_in("platform_admin").get(f"/tenants/{north.pk}/").content.decode()
    assert "No such file." in page and "contacts.import" in page and "Largest tables" in page
    assert "1 signed in now" in page and "South Ltd" not in page and "Cleo" not in page
    assert "ada@north.example" not in page and str(north.schema_name) not in page
    assert "never compared" in page and "#3355d8" in page


def test_a_half_made_organisation_has_a_page_too(signed_in, north):
    with platform_context():
        Tenant.objects.filter(pk=north.pk).update(state=TenantState.REQUESTED, schema_name=None)
    page = signed_in("support").get(f"/tenants/{north.pk}/").content.decode()
    assert "Its tables cannot be asked" in page and "Compare its tables" not in page


def test_a_failed_job_is_tried_again_and_written_down_in_both_trails(signed_in, north, tenant):
    client, run = signed_in("platform_admin"), run_of(tenant)
    path = f"/tenants/{north.pk}/work/jobs/{run.pk}/retry/"
    assert path in client.get(f"/tenants/{north.pk}/").content.decode()
    assert client.post(path).status_code == 303
    assert run_of(tenant).state == "queued"
    with tenant_context(tenant):
        assert TrailEntry.objects.get(action="jobs.retry").actor_label == "Platform_Admin"
    with platform_context():
        entry = TrailEntry.objects.get(action="console.retry")
        assert (entry.object_id, entry.summary) == (str(north.pk), f"jobs {run.pk}")
    assert client.post(path).status_code == 409


@pytest.mark.parametrize("state", [TenantState.SUSPENDED, TenantState.READ_ONLY])
def test_a_held_organisations_work_is_left_alone(signed_in, north, tenant, state):
    with platform_context():
        Tenant.objects.filter(pk=north.pk).update(state=state)
    answer = signed_in("platform_admin").post(f"/tenants/{north.pk}/work/jobs/{run_of(tenant).pk}/retry/")
    assert answer.status_code == 409 and "once the organisation is resumed" in answer.content.decode()
    assert run_of(tenant).state == "failed"


def test_support_tries_nothing_again(signed_in, north, tenant):
    client = signed_in("support")
    assert "Try again" not in client.get(f"/tenants/{north.pk}/").content.decode()
    assert client.post(f"/tenants/{north.pk}/work/jobs/{run_of(tenant).pk}/retry/").status_code == 403
    assert run_of(tenant).state == "failed"


@pytest.mark.parametrize(
    ("code", "state", "said"),
    [
        ("suspend", "active", ["People who can no longer sign in: 2.", "browsers 0, programs 1, API keys 1."]),
        ("archive", "active", ["Only an archived organisation can be deleted."]),
        ("read-only", "active", ["Go on reading and exporting: people 2, API keys 1."]),
        ("resume", "suspended", ["It becomes “Active”, as it was before."]),
        ("delete", "archived", ["eight at a time", "the subdomain “north” is free again", "cannot be undone"]),
        ("resume", "active", ["Nothing would happen: the state “Active” does not allow it."]),
    ],
)
def test_a_change_is_said_before_it_is_made_and_saying_it_changes_nothing(signed_in, north, code, state, said):
    with platform_context():
        Tenant.objects.filter(pk=north.pk).update(state=state)
    client = signed_in("platform_admin")
    with platform_context():
        before = list(Tenant.objects.order_by("pk").values()), StateChange.objects.count(), TrailEntry.objects.count()
    page = client.get(f"/tenants/{north.pk}/{code}/").content.decode()
    assert [sentence for sentence in said if sentence not in page] == []
    with platform_context():
        after = list(Tenant.objects.order_by("pk").values()), StateChange.objects.count(), TrailEntry.objects.count()
    assert after == before


def test_a_dry_run_counts_this_organisation_alone(north, other_tenant):
    with tenant_context(other_tenant):
        for number in range(3):
            make_user(f"person{number}@south.example")
    with platform_context():
        found = dry_run(change=CHANGES["suspend"], tenant=north).effects
    assert (found.access.people, found.access.programs, found.access.api_keys) == (2, 1, 1)
    assert found.table_count > 20 and found.size_bytes > 0 and found.file_count == 0


def test_the_last_comparison_is_shown(signed_in, north):
    lines = ["- column contacts_party.email"]
    drift = {"tenant": str(north.pk), "name": "North Ltd", "cell": "default", "lines": lines}
    with platform_context():
        for drifts in ([drift], []):
            FleetOrder.objects.create(
                kind=OrderKind.VERIFY, state=OrderState.DONE, requested_by="Ada", finished_at=clock.now(),
                result={"checked": 3, "drifts": drifts},
            )  # fmt: skip
            page = signed_in("support").get(f"/tenants/{north.pk}/").content.decode() if drifts else ""
            assert "differs, compared" in page or not drifts
    assert "as recorded, compared" in signed_in("platform_admin").get(f"/tenants/{north.pk}/").content.decode()


def test_the_logo_is_the_organisations_own(signed_in, north):
    assert signed_in("support").get(f"/tenants/{north.pk}/mark.png").status_code == 404


def test_one_whose_tables_are_half_made_is_said_to_be(committed):
    with platform_context():
        half = Tenant.objects.get(pk=committed.first.uuid)
        schema = half.schema_name
        Tenant.objects.filter(pk=half.pk).update(state=TenantState.PROVISIONING, schema_name=f"t_{0:020d}")
        directory().forget()
        try:
            half.refresh_from_db()
            found = dry_run(change=CHANGES["delete"], tenant=half)
            assert found.is_possible and not found.effects.is_counted
            assert found.sentences[0].startswith("Its tables cannot be asked at the moment")
            assert inside_get(directory().by_uuid(half.pk)) is None
            Tenant.objects.filter(pk=half.pk).update(state=TenantState.ACTIVE)
            directory().forget()
            with pytest.raises(TenantSilent):
                piece_retry(tenant_id=half.pk, backlog="jobs", piece_id=half.pk, actor=SYSTEM)
        finally:
            Tenant.objects.filter(pk=half.pk).update(state=TenantState.ACTIVE, schema_name=schema)
