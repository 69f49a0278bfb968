from collections.abc import Callable
from uuid import UUID, uuid4

import pytest

from core import clock
from core.tenancy import TenantState, platform_context, tenant_context
from shared_apps.console.choices import OrderState
from shared_apps.console.models import FleetOrder
from shared_apps.console.services.measuring import slice_measure
from shared_apps.tenants.models import FleetItem, FleetRun, StateChange, Tenant
from shared_apps.trail.models import TrailEntry
from tenant_apps.events.models import OutboxEvent
from tests.support.factories.users import make_tokens, make_user
from tests.support.messages import waiting

API = "/api/platform/v1"


class Program:
    """A client of the REST API with an access token."""

    def __init__(self, client, token):
        self.client, self.headers = client, {"authorization": f"Bearer {token}"}

    def get(self, path):
        return self.client.get(f"{API}/{path}", headers=self.headers)

    def post(self, path, body=None):
        return self.client.post(
            f"{API}/{path}", body if body is not None else {}, content_type="application/json", headers=self.headers
        )


@pytest.fixture
def program(db, client_for) -> Callable[[str], Program]:
    def enter(role):
        with platform_context():
            person = make_user(f"{role}@platform.example", name=role.title(), roles=[role])
            return Program(client_for("platform"), make_tokens(person).access)

    return enter


@pytest.fixture
def admin(program):
    return program("platform_admin")


def written():
    with platform_context():
        return (
            list(Tenant.objects.order_by("pk").values()),
            StateChange.objects.count(),
            TrailEntry.objects.exclude(action__startswith="users.").count(),
            FleetOrder.objects.count(),
        )


def put(tenant, **values):
    with platform_context():
        Tenant.objects.filter(pk=tenant.uuid).update(**values)


def test_the_overview_and_the_measures(admin, tenant, other_tenant):
    with tenant_context(tenant):
        make_user("ada@north.example")
    with platform_context():
        slice_measure(number=0, count=1)
    overview = admin.get("overview/").json()
    assert (overview["organisations"], overview["totals"]["measured"], overview["totals"]["people"]) == (2, 2, 1)
    assert len(overview["days"]) == 30 and overview["days"][-1]["size_bytes"] == overview["totals"]["size_bytes"]
    assert set(overview["queues"]) == {"critical", "default", "bulk", "fleet"}
    listed = admin.get("measures/?ordering=-people_count").json()["results"]
    assert [(row["slug"], row["people_count"]) for row in listed] == [("north", 1), ("south", 0)]
    assert admin.get(f"measures/{tenant.uuid}/").json()["slug"] == "north"
    days = admin.get(f"measures/{tenant.uuid}/days/").json()["results"]
    assert [(day["day"], day["people_count"]) for day in days] == [(str(clock.now().date()), 1)]
    assert admin.get("measures/?failed=true").json()["results"] == []
    assert len(admin.get("measures/?waiting=true").json()["results"]) == 1
    assert admin.get(f"measures/{uuid4()}/").status_code == 404


def test_measuring_is_asked_for(admin, django_capture_on_commit_callbacks):
    waiting()
    with django_capture_on_commit_callbacks(execute=True):
        assert admin.post("measures/collect/").status_code == 202
    assert [each.task for each in waiting()] == ["console.measure"]


def test_health_names_every_check(admin):
    health = admin.get("health/").json()
    assert {check["name"] for check in health["checks"]} >= {"broker", "cache", "database", "migrations"}
    assert all(check["is_well"] for check in health["checks"])
    # Nobody beats while the tests run.
    assert not health["is_well"] and health["scheduler_sent_at"] is None
    assert set(health["versions"]) == {"PostgreSQL", "Redis", "Python", "Django"}
    assert [work["backlog"] for work in health["work"]] == ["events", "jobs"]


@pytest.mark.parametrize("change", ["suspend", "read-only", "archive"])
def test_a_dry_run_changes_nothing(admin, tenant, change):
    with tenant_context(tenant):
        make_tokens(make_user("ada@north.example"))
    before = written()
    found = admin.get(f"tenants/{tenant.uuid}/dry-run/?change={change}").json()
    assert (found["change"], found["is_possible"]) == (change, True) and len(found["sentences"]) > 1
    assert found["effects"]["access"] == {"people": 1, "browsers": 0, "programs": 1, "api_keys": 0}
    assert found["effects"]["size_bytes"] > 0 and found["effects"]["file_count"] == 0
    assert written() == before


def test_a_dry_run_says_what_is_not_possible(admin, tenant):
    found = admin.get(f"tenants/{tenant.uuid}/dry-run/?change=delete").json()
    assert not found["is_possible"] and "does not allow it" in found["sentences"][0]
    assert admin.get(f"tenants/{tenant.uuid}/dry-run/?change=explode").status_code == 400
    assert admin.get(f"tenants/{tenant.uuid}/dry-run/").status_code == 400
    assert admin.get(f"tenants/{uuid4()}/dry-run/?change=delete").status_code == 404


def test_several_are_changed_each_on_its_own(admin, tenant, other_tenant):
    put(other_tenant, state=TenantState.ARCHIVED)
    ids = [str(tenant.uuid), str(other_tenant.uuid)]
    body = {"change": "suspend", "tenants": ids, "reason": "Unpaid", "confirmation": 2}
    results = {row["slug"]: row for row in admin.post("tenants/changes/", body).json()["results"]}
    assert (results["north"]["is_done"], results["north"]["state"]) == (True, "suspended")
    assert not results["south"]["is_done"] and "archived cannot become suspended" in results["south"]["detail"]
    with platform_context():
        assert StateChange.objects.get().reason == "Unpaid"


@pytest.mark.parametrize(
    ("values", "status"),
    [
        ({"confirmation": 3}, 400),
        ({"reason": ""}, 400),
        ({"change": "delete"}, 400),
        ({"tenants": []}, 400),
        ({"tenants": [str(UUID(int=5)), str(UUID(int=6))]}, 404),
    ],
)
def test_what_was_not_meant_changes_nobody(admin, tenant, other_tenant, values, status):
    before = written()
    body = {"change": "suspend", "tenants": [str(tenant.uuid), str(other_tenant.uuid)], "reason": "so"}
    assert admin.post("tenants/changes/", {**body, "confirmation": 2, **values}).status_code == status
    assert written() == before


def test_deleting_wants_the_subdomain(admin, tenant):
    before = written()
    path = f"tenants/{tenant.uuid}/delete/"
    assert admin.post(path, {"confirmation": "south"}).json()["type"] == "/problems/not_confirmed"
    assert admin.post(path, {"confirmation": "north"}).json()["type"] == "/problems/transition_refused"
    assert written() == before
    put(tenant, state=TenantState.ARCHIVED)
    assert admin.post(path, {"confirmation": "north", "reason": "Closed"}).json()["state"] == "deleting"


def test_a_live_look_shows_one_organisation_and_its_work_is_tried_again(admin, tenant, other_tenant):
    with tenant_context(other_tenant):
        OutboxEvent.objects.create(kind="south.only", subject_id="1", state="dead")
    with tenant_context(tenant):
        event = OutboxEvent.objects.create(kind="north.only", subject_id="1", state="dead", last_error="No route.")
    found = admin.get(f"tenants/{tenant.uuid}/inside/").json()
    (piece,) = found["work"][0]["pieces"]
    assert (piece["title"], piece["error"], piece["is_failed"]) == ("north.only", "No route.", True)
    path = f"tenants/{tenant.uuid}/work/events/{event.pk}/retry/"
    assert admin.post(path).status_code == 204
    with tenant_context(tenant):
        assert OutboxEvent.objects.get(pk=event.pk).state == "pending"
        assert TrailEntry.objects.filter(action="events.retry").exists()
    with platform_context():
        assert TrailEntry.objects.get(action="console.retry").object_id == str(tenant.uuid)
    assert admin.post(path.replace("/events/", "/nothing/")).status_code == 404
    assert admin.post(path.replace(str(event.pk), str(uuid4()))).status_code == 404


def test_one_without_tables_has_no_inside(admin, tenant):
    put(tenant, state=TenantState.REQUESTED, schema_name=None)
    assert admin.get(f"tenants/{tenant.uuid}/inside/").json() == {"access": None, "tables": [], "work": []}


def test_orders_are_placed_once_and_listed(admin, tenant, django_capture_on_commit_callbacks):
    waiting()
    with django_capture_on_commit_callbacks(execute=True):
        order = admin.post("fleet/orders/", {"kind": "verify", "tenant": str(tenant.uuid)})
    assert order.status_code == 201 and order.json()["arguments"] == {"tenant": str(tenant.uuid)}
    assert [(each.task, each.args) for each in waiting()] == [("console.order", [order.json()["id"]])]
    before = written()
    assert admin.post("fleet/orders/", {"kind": "verify"}).json()["type"] == "/problems/order_open"
    assert admin.post("fleet/orders/", {"kind": "warm", "tenant": str(tenant.uuid)}).status_code == 400
    assert admin.post("fleet/orders/", {"kind": "verify", "tenant": str(uuid4())}).status_code == 404
    assert written() == before
    assert [row["kind"] for row in admin.get("fleet/orders/").json()["results"]] == ["verify"]


def test_a_run_is_watched_stopped_skipped_and_resumed(admin, tenant):
    with platform_context():
        run = FleetRun.objects.create(target_step=9, waves=[1, 100])
        values = {"run": run, "cell": "default", "from_step": 8}
        failed = {"state": "failed", "attempts": 3, "error": "No such column."}
        FleetItem.objects.create(tenant_uuid=tenant.uuid, schema_name=tenant.schema, wave=1, **values, **failed)
        FleetItem.objects.create(schema_name="t_warm", wave=2, **values)
    fleet = admin.get("fleet/").json()
    assert [(wave["share"], wave["total"], wave["failed"]) for wave in fleet["waves"]] == [(1, 1, 1), (100, 1, 0)]
    assert fleet["failures"] == [
        {"tenant": str(tenant.uuid), "name": "North Ltd", "state": "failed", "attempts": 3, "error": "No such column."}
    ]
    assert [(row["total"], row["failed"]) for row in admin.get("fleet/runs/").json()["results"]] == [(2, 1)]
    assert admin.get(f"fleet/runs/{run.pk}/").json()["state"] == "running"
    assert admin.post("fleet/pause/", {"reason": "Month end"}).status_code == 204
    assert admin.get("fleet/").json()["run"]["stop_reason"] == "Month end"
    skip = {"tenant": str(tenant.uuid), "reason": "Repaired on Monday"}
    assert admin.post("fleet/skip/", skip).status_code == 204 and admin.post("fleet/skip/", skip).status_code == 404
    assert admin.post("fleet/resume/").json()["kind"] == "migrate"
    assert admin.get("fleet/").json()["run"]["state"] == "stopped"
    with platform_context():
        assert FleetOrder.objects.get().state == OrderState.WAITING


def test_without_a_run_there_is_nothing_to_stop(admin):
    before = written()
    assert admin.post("fleet/pause/", {"reason": "so"}).status_code == 404
    assert admin.post("fleet/resume/").status_code == 404
    assert written() == before


READS = ["overview/", "health/", "measures/", "fleet/", "fleet/runs/", "fleet/orders/"]
WRITES = [
    ("measures/collect/", {}),
    ("fleet/orders/", {"kind": "verify"}),
    ("fleet/pause/", {"reason": "so"}),
    ("fleet/resume/", {}),
]


def test_support_reads_everything_and_changes_nothing(program, tenant):
    support, before = program("support"), written()
    own = f"tenants/{tenant.uuid}"
    assert {path: support.get(path).status_code for path in [*READS, f"{own}/inside/"]} == dict.fromkeys(
        [*READS, f"{own}/inside/"], 200
    )
    bulk = {"change": "suspend", "tenants": [str(tenant.uuid)], "reason": "so", "confirmation": 1}
    own_writes = [
        (f"{own}/delete/", {"confirmation": "north"}),
        (f"{own}/work/events/{uuid4()}/retry/", {}),
        ("tenants/changes/", bulk),
        ("fleet/skip/", {"tenant": str(tenant.uuid), "reason": "so"}),
    ]
    for path, body in [*WRITES, *own_writes]:
        assert support.post(path, body).status_code == 403, path
    assert support.get(f"{own}/dry-run/?change=suspend").status_code == 403
    assert written() == before


def test_strangers_and_tenants_people_get_nothing(client_for, tenant):
    assert client_for("platform").get(f"{API}/overview/").status_code == 401
    assert client_for(tenant).get(f"{API}/overview/").status_code == 404
