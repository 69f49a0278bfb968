from datetime import timedelta
from uuid import UUID

import psycopg2
import pytest
from django.conf import settings

from core import clock
from core.actor import SYSTEM
from core.errors import NotFound, PermissionRefused
from core.events import emit
from core.tenancy import TenantState, atomic, directory, platform_context, tenant_context
from shared_apps.console.models import DayMeasure, Heartbeat, TenantMeasure
from shared_apps.console.services.beating import heartbeat_note
from shared_apps.console.services.measuring import (
    measure_slices,
    measures_ask,
    measures_purge,
    slice_measure,
    tenant_measure,
)
from shared_apps.console.tasks import measure_task
from shared_apps.tenants.models import Tenant
from shared_apps.users.actors import person_actor
from tenant_apps.events.models import OutboxEvent
from tenant_apps.jobs.errors import RunNotFailed
from tenant_apps.jobs.models import TaskRun
from tenant_apps.jobs.services.retries import run_retry
from tests.support.factories.users import make_user
from tests.support.messages import waiting


def add_run(state, **values):
    ended = {"finished_at": clock.now()} if state == "failed" else {}
    return TaskRun.objects.create(kind="contacts.import", state=state, requested_by_kind="user", **ended, **values)


def figures(tenant):
    with platform_context():
        return TenantMeasure.objects.get(tenant_id=tenant.uuid)


def test_two_organisations_figures_never_mix(tenant, other_tenant):
    with tenant_context(tenant):
        make_user("ada@north.example")
        make_user("ben@north.example", roles=["staff"])
        OutboxEvent.objects.all().delete()
        with atomic():
            emit(kind="users.invited", subject_id="1", payload={})
        OutboxEvent.objects.create(kind="x.y", subject_id="2", state="dead")
        add_run("failed")
    with tenant_context(other_tenant):
        make_user("cleo@south.example")
        OutboxEvent.objects.all().delete()
        add_run("queued")
        add_run("queued")
    with platform_context():
        assert slice_measure(number=0, count=1) == 2
    first, second = figures(tenant), figures(other_tenant)
    assert (first.people_count, first.waiting, first.failed) == (2, 1, 2)
    assert first.by_backlog["events"] | {"oldest": None} == {"waiting": 1, "failed": 1, "oldest": None}
    assert (second.people_count, second.waiting, second.failed) == (1, 2, 0)
    assert second.by_backlog["jobs"]["waiting"] == 2 and second.by_backlog["events"]["waiting"] == 0
    assert first.table_count == second.table_count > 20 and first.size_bytes > 100_000
    assert first.oldest_waiting_at is not None and second.oldest_waiting_at != first.oldest_waiting_at


def test_a_second_measurement_of_a_day_replaces_the_first(tenant):
    with platform_context():
        assert tenant_measure(tenant=tenant)
        with tenant_context(tenant):
            make_user("ada@north.example")
        assert tenant_measure(tenant=tenant)
        assert [row.people_count for row in DayMeasure.objects.filter(tenant_id=tenant.uuid)] == [1]
        assert TenantMeasure.objects.get(tenant_id=tenant.uuid).people_count == 1


def test_slices_cover_every_organisation_once(tenant, other_tenant):
    with platform_context():
        assert measure_slices() == 1
        assert sum(slice_measure(number=number, count=3) for number in range(3)) == 2


def test_suspended_organisations_are_measured_and_half_made_ones_are_not(tenant, other_tenant):
    with platform_context():
        Tenant.objects.filter(pk=tenant.uuid).update(state=TenantState.SUSPENDED)
        Tenant.objects.filter(pk=other_tenant.uuid).update(state=TenantState.DELETING)
        directory().forget()
        assert slice_measure(number=0, count=1) == 1
        assert [measure.tenant_id for measure in TenantMeasure.objects.all()] == [tenant.uuid]


def test_one_that_cannot_be_asked_keeps_its_figures_and_stops_no_other(committed):
    with platform_context():
        assert slice_measure(number=0, count=1) == 2
        before = TenantMeasure.objects.get(tenant_id=committed.first.uuid).measured_at
    name = settings.DATABASES["default"]["NAME"]
    connection = psycopg2.connect(settings.DATABASES["default"]["ADMIN_URL"], dbname=name)
    connection.autocommit = True
    with connection.cursor() as opened:
        opened.execute(f"ALTER TABLE {committed.first.schema}.users_user RENAME TO users_gone")
        try:
            with platform_context():
                assert slice_measure(number=0, count=1) == 1
        finally:
            opened.execute(f"ALTER TABLE {committed.first.schema}.users_gone RENAME TO users_user")
    connection.close()
    assert figures(committed.first).measured_at == before
    assert figures(committed.second).measured_at > before


def test_figures_go_with_their_organisation_and_with_time(tenant, other_tenant):
    with platform_context():
        slice_measure(number=0, count=1)
        old = clock.now().date() - timedelta(days=401)
        DayMeasure.objects.filter(tenant_id=other_tenant.uuid).update(day=old)
        Tenant.objects.filter(pk=tenant.uuid).update(state=TenantState.PURGED)
        measures_purge()
        assert not DayMeasure.objects.exists()
        assert [measure.tenant_id for measure in TenantMeasure.objects.all()] == [other_tenant.uuid]


def test_the_task_cuts_the_work_into_slices(tenant, django_capture_on_commit_callbacks):
    waiting()
    with platform_context(), django_capture_on_commit_callbacks(execute=True):
        measure_task()
    assert [(each.task, each.args) for each in waiting()] == [("console.measure_slice", [0, 1])]


def test_a_person_asks_for_figures_and_a_program_without_one_does_not(db, django_capture_on_commit_callbacks):
    with platform_context():
        actor = person_actor(make_user("paula@platform.example", roles=["platform_admin"]))
        waiting()
        with django_capture_on_commit_callbacks(execute=True):
            measures_ask(actor=actor)
        assert [each.task for each in waiting()] == ["console.measure"]
        with pytest.raises(PermissionRefused):
            measures_ask(actor=SYSTEM)


def test_a_failed_job_goes_on_and_others_are_left_alone(tenant, django_capture_on_commit_callbacks):
    with tenant_context(tenant):
        failed = add_run("failed", error="No such file.", attempts=5, checkpoint={"batch": 3})
        waits = add_run("queued")
        waiting()
        with django_capture_on_commit_callbacks(execute=True):
            run = run_retry(run_id=failed.pk, actor=SYSTEM)
        assert [(each.task, each.args) for each in waiting()] == [("jobs.run", [str(failed.pk)])]
        run.refresh_from_db()
        assert (run.state, run.attempts, run.error, run.checkpoint) == ("queued", 0, "", {"batch": 3})
        with pytest.raises(RunNotFailed):
            run_retry(run_id=waits.pk, actor=SYSTEM)
        with pytest.raises(NotFound):
            run_retry(run_id=UUID(int=1), actor=SYSTEM)


def test_a_late_sign_of_life_does_not_replace_a_newer_one(db):
    with platform_context():
        late, newer = clock.now() - timedelta(minutes=5), clock.now()
        heartbeat_note(queue="bulk", sent_at=newer, worker="two")
        heartbeat_note(queue="bulk", sent_at=late, worker="one")
        assert Heartbeat.objects.get(pk="bulk").worker == "two"
