import pytest
from django.db import connections

from core.actor import SYSTEM
from core.tenancy import TenantState, directory, platform_context, tenant_context
from core.tenancy.lifecycle import TransitionRefused
from shared_apps.tenants.fleet.names import TEMPLATE_SCHEMA, new_schema_name
from shared_apps.tenants.fleet.recording import template_record
from shared_apps.tenants.fleet.replay import NothingRecorded, pack_get, schema_build
from shared_apps.tenants.fleet.warm import warm_fill
from shared_apps.tenants.models import TemplateStep, Tenant, WarmSchema
from shared_apps.tenants.services import Owner, provisioning, tenant_delete, tenant_provision, tenant_purge
from shared_apps.trail.models import TrailEntry
from shared_apps.users.models import Invitation, User
from tests.support.databases import database
from tests.support.provisioned import BIRTH, assert_nothing_left_over, schemas, states_of
from tests.support.threads import at_once
from tests.support.twins import Twins


def test_a_requested_organisation_becomes_usable(committed: Twins, provisioned, shape_of, queued):
    tenant = provisioned("riverbank")
    assert queued()[-1].task == "users.mail_sweep_one"
    assert tenant.state == TenantState.ACTIVE
    assert tenant.owner == {}
    assert tenant.template_step == pack_get().version
    assert states_of(tenant) == BIRTH
    assert shape_of(tenant.schema_name) == shape_of(TEMPLATE_SCHEMA) == pack_get().shape
    with tenant_context(directory().by_uuid(tenant.pk)):
        assert not User.objects.exists()
        assert [invitation.email for invitation in Invitation.objects.all()] == ["owner@riverbank.example"]
    assert_nothing_left_over()


def test_the_owner_who_chose_a_password_has_an_account_at_once(committed: Twins, provisioned):
    tenant = provisioned("kiln", owner=Owner(email="Kim@Kiln.example", name="Kim", password="hash$of$it"))
    with tenant_context(directory().by_uuid(tenant.pk)):
        (user,) = User.objects.all()
        assert (user.email, user.password) == ("kim@kiln.example", "hash$of$it")
        assert [role.code for role in user.roles.all()] == ["tenant_admin"]
        assert not Invitation.objects.exists()


def test_a_warm_schema_is_taken_without_the_owner_of_the_tables(committed: Twins, requested, monkeypatch):
    assert warm_fill(size=1) == 1
    with platform_context():
        (warm,) = WarmSchema.objects.all()
    tenant = requested("harbour")
    owner = connections["default"].settings_dict["OWNER"]
    monkeypatch.setitem(owner, "USER", "")
    with platform_context():
        tenant = tenant_provision(tenant=tenant)
        assert not WarmSchema.objects.exists()
    assert (tenant.schema_name, tenant.state) == (warm.schema_name, TenantState.ACTIVE)
    assert states_of(tenant) == BIRTH


def test_a_warm_schema_of_an_older_step_is_left_alone(committed: Twins, requested):
    warm_fill(size=1)
    with platform_context():
        WarmSchema.objects.update(template_step=pack_get().version - 1)
        tenant = tenant_provision(tenant=requested("harbour"))
        assert WarmSchema.objects.exclude(schema_name=tenant.schema_name).count() == 1


def test_two_runs_for_one_organisation_end_with_one(committed: Twins, requested):
    tenant = requested("riverbank", owner=Owner(email="kim@kiln.example", name="Kim", password="x"))
    answers = at_once(3, lambda number: tenant_provision(tenant=tenant))
    for answer in answers:
        assert isinstance(answer, TransitionRefused) or answer.state == TenantState.ACTIVE
    assert any(isinstance(answer, Tenant) for answer in answers)
    assert states_of(tenant) == BIRTH
    with tenant_context(directory().by_uuid(tenant.pk)):
        assert User.objects.count() == 1
    assert_nothing_left_over()


def test_two_organisations_at_once_take_different_warm_schemas(committed: Twins, requested):
    warm_fill(size=2)
    wanted = [requested("riverbank"), requested("kiln")]
    made = at_once(2, lambda number: tenant_provision(tenant=wanted[number]))
    assert len({tenant.schema_name for tenant in made}) == 2
    with platform_context():
        assert not WarmSchema.objects.exists()
    assert_nothing_left_over()


def test_a_warm_schema_that_somebody_is_taking_is_passed_over_at_once(committed: Twins, requested):
    warm_fill(size=2)
    tenant = requested("riverbank")
    with platform_context():
        first, second = WarmSchema.objects.order_by("created_at")
    with database() as cursor:
        cursor.execute("BEGIN")
        cursor.execute("SELECT 1 FROM tenants_warmschema WHERE schema_name = %s FOR UPDATE", [first.schema_name])
        with platform_context():
            assert tenant_provision(tenant=tenant).schema_name == second.schema_name
        cursor.execute("COMMIT")


def test_a_killed_run_is_finished_by_the_same_command(committed: Twins, kill_through):
    create = ("tenant", "create", "riverbank", "--name", "Riverbank", "--owner-email", "owner@riverbank.example")
    seen = kill_through(*create, look=registry)
    assert seen == [
        ([], 2, 0),
        (BIRTH[:1], 2, 0),
        (BIRTH[:1], 3, 0),
        (BIRTH[:2], 3, 0),
        (BIRTH[:2], 3, 1),
        (BIRTH, 3, 1),
    ]
    assert_nothing_left_over()


def registry():
    """The history, the number of schemas, and the invitations of the organisation that is being made."""
    with platform_context():
        tenant = Tenant.objects.filter(slug="riverbank").first()
    if tenant is None:
        return None
    _named, there, _roles = schemas()
    directory().forget()
    invitations = 0
    if tenant.state in (TenantState.READY, TenantState.ACTIVE):
        with tenant_context(directory().by_uuid(tenant.pk)):
            invitations = Invitation.objects.count()
    return states_of(tenant), len(there), invitations


def test_an_organisation_is_provisioned_once(committed: Twins, provisioned):
    tenant = provisioned("riverbank")
    with platform_context():
        entries = TrailEntry.objects.count()
        with pytest.raises(TransitionRefused, match="Riverbank was provisioned already: it is active"):
            tenant_provision(tenant=tenant)
        assert TrailEntry.objects.count() == entries
    assert states_of(tenant) == BIRTH


def test_what_is_deleted_while_it_is_made_leaves_no_schema(committed: Twins, requested, monkeypatch):
    tenant = requested("riverbank")

    def build_while_it_is_deleted(**values):
        schema_build(**values)
        with platform_context():
            tenant_purge(tenant=tenant_delete(tenant=tenant, actor=SYSTEM))
        schema_build(**values)

    monkeypatch.setattr(provisioning, "schema_build", build_while_it_is_deleted)
    with platform_context():
        assert tenant_provision(tenant=tenant).state == TenantState.PURGED
    assert_nothing_left_over()


def test_what_is_deleted_while_its_account_is_made_is_not_opened(committed: Twins, requested, monkeypatch, queued):
    tenant = requested("riverbank")
    monkeypatch.setattr(provisioning, "_open_account", lambda tenant: tenant_delete(tenant=tenant, actor=SYSTEM))
    with platform_context():
        assert tenant_provision(tenant=tenant).state == TenantState.DELETING
        assert queued() == []
        tenant_purge(tenant=tenant)
    assert_nothing_left_over()


def test_a_schema_that_a_fleet_migration_missed_catches_up_before_it_serves(fleet: Twins, requested, migrations):
    tenant, older = requested("riverbank"), pack_get()
    with platform_context():
        provisioning._build(provisioning._take_schema(tenant, older), older)
    migrations.write("9001_note", 'migrations.AddField("taskrun", "note", models.TextField(default="-"))')
    template_record()
    with platform_context():
        made = tenant_provision(tenant=tenant)
    assert made.template_step == pack_get().version == older.version + 1


def test_nothing_is_provisioned_before_the_template_is_recorded(fleet: Twins, requested):
    tenant = requested("riverbank")
    with platform_context():
        TemplateStep.objects.all().delete()
        WarmSchema.objects.create(schema_name=new_schema_name(), cell="default", template_step=0)
        with pytest.raises(NothingRecorded):
            tenant_provision(tenant=tenant)
        tenant.refresh_from_db()
    assert (tenant.state, tenant.schema_name) == (TenantState.REQUESTED, None)
