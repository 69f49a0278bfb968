from datetime import timedelta

import pytest

from core.actor import SYSTEM
from core.clock import now
from core.tenancy import TenantState, platform_context
from core.tenancy.schedule import schedule
from shared_apps.tenants import tasks
from shared_apps.tenants.fleet.recording import template_record
from shared_apps.tenants.fleet.replay import pack_get
from shared_apps.tenants.fleet.runs import fleet_lagging
from shared_apps.tenants.models import StateChange, Tenant, WarmSchema
from shared_apps.tenants.services import tenant_archive, tenant_create, tenant_delete
from tests.support.twins import Twins


def state_of(tenant):
    with platform_context():
        return Tenant.objects.get(pk=tenant.pk).state


def seen(messages):
    return [(message.task, message.queue, message.args) for message in messages]


def test_a_worker_provisions_what_was_created_once(committed: Twins, queued):
    with platform_context():
        tenant = tenant_create(slug="riverbank", name="Riverbank", owner=None, actor=SYSTEM)
    (message,) = queued()
    message.run()
    message.run()
    assert state_of(tenant) == TenantState.ACTIVE
    with platform_context():
        assert StateChange.objects.filter(tenant=tenant).count() == 3


def test_a_worker_purges_what_is_being_deleted_and_nothing_else(committed: Twins, provisioned, queued):
    tenant = provisioned("riverbank")
    with platform_context():
        tasks.purge_task.enqueue(tenant.pk)
        tasks.purge_task.enqueue(committed.first.uuid)
        for change in (tenant_archive, tenant_delete):
            tenant = change(tenant=tenant, actor=SYSTEM)
    for message in [each for each in queued() if each.task == "tenants.purge"]:
        message.run()
    assert state_of(tenant) == TenantState.PURGED
    with platform_context():
        assert Tenant.objects.get(pk=committed.first.uuid).state == TenantState.ACTIVE


def test_the_sweep_finds_what_was_left_lying(committed: Twins, requested, provisioned, queued):
    fresh, stale, gone = requested("harbour"), requested("riverbank"), provisioned("kiln")
    with platform_context():
        for change in (tenant_archive, tenant_delete):
            gone = change(tenant=gone, actor=SYSTEM)
        Tenant.objects.exclude(pk=fresh.pk).update(state_changed_at=now() - timedelta(minutes=2))
        queued()
        tasks.sweep_task.enqueue()
    (sweep,) = queued()
    sweep.run()
    swept = queued()
    assert seen(swept) == [
        ("tenants.provision", "fleet", [str(stale.pk)]),
        ("tenants.purge", "fleet", [str(gone.pk)]),
    ]
    for message in swept:
        message.run()
    assert (state_of(fresh), state_of(stale), state_of(gone)) == ("requested", "active", "purged")


def test_the_pool_is_kept_filled(committed: Twins, queued, monkeypatch):
    monkeypatch.setattr(tasks, "POOL_SIZE", 1)
    with platform_context():
        tasks.warm_fill_task.enqueue()
    (message,) = queued()
    message.run()
    with platform_context():
        assert list(WarmSchema.objects.values_list("cell", "template_step")) == [("default", pack_get().version)]


def test_the_fleet_is_migrated_by_a_worker(fleet: Twins, migrations, queued):
    migrations.write("9001_note", 'migrations.AddField("taskrun", "note", models.TextField(default="-"))')
    template_record()
    with platform_context():
        tasks.fleet_migrate_task.enqueue()
    (message,) = queued()
    message.run()
    with platform_context():
        assert fleet_lagging(pack_get().version) == []


@pytest.mark.parametrize("name", ["tenants.provision_sweep", "tenants.warm_fill"])
def test_the_periodic_ones_run_every_minute(name):
    assert schedule()[name].every == 60


def test_long_work_is_not_cut_off():
    assert tasks.fleet_migrate_task.soft_time_limit == tasks.fleet_migrate_task.time_limit == 86_400
