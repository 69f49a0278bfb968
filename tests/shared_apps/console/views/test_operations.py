from datetime import timedelta

import pytest

from core import clock
from core.tenancy import platform_context
from core.tenancy.tasks import QUEUES
from shared_apps.console import health
from shared_apps.console.models import FleetOrder
from shared_apps.console.services.beating import heartbeat_note
from shared_apps.console.tasks import beat_task, heard_task
from shared_apps.tenants.models import FleetItem, FleetRun
from tests.support.messages import waiting


@pytest.fixture
def run(tenant):
    """A run whose first wave has failed for one organisation."""
    with platform_context():
        made = FleetRun.objects.create(target_step=9, waves=[1, 100])
        FleetItem.objects.create(
            run=made, tenant_uuid=tenant.uuid, schema_name=tenant.schema, cell="default", wave=1, from_step=8,
            state="failed", attempts=3, error="No such column.",
        )  # fmt: skip
        FleetItem.objects.create(run=made, schema_name="t_warm", cell="default", wave=2, from_step=8, state="done")
        return made


def test_the_fleet_shows_waves_a_failure_and_what_may_be_done(signed_in, run, tenant):
    client = signed_in("platform_admin")
    page = client.get("/fleet/").content.decode()
    assert "Wave 1, to 1% of the fleet" in page and "1 of 1" in page and "1 failed" in page
    assert "Failed after 3 attempts: No such column." in page and "North Ltd" in page
    assert f"/fleet/skip/{tenant.uuid}/" in page and "/fleet/stop/" in page
    part = client.get("/fleet/", headers={"hx-request": "true"}).content.decode()
    assert part.lstrip().startswith('<div class="split" id="progress"') and 'hx-trigger="every 2s"' in part


def test_a_run_is_stopped_one_left_out_and_resumed(signed_in, run, tenant):
    client = signed_in("platform_admin")
    assert client.post("/fleet/stop/", {"reason": ""}).status_code == 422
    assert client.post("/fleet/stop/", {"reason": "Month end"}).status_code == 303
    page = client.get("/fleet/").content.decode()
    assert "Stopped by somebody" in page and "Month end" in page and "every 2s" not in page
    assert client.post(f"/fleet/skip/{tenant.uuid}/", {"reason": "Monday"}).status_code == 303
    assert client.post(f"/fleet/skip/{tenant.uuid}/", {"reason": "Monday"}).status_code == 404
    assert "Left out: Monday" in client.get("/fleet/").content.decode()
    assert client.post("/fleet/resume/").status_code == 303
    with platform_context():
        assert FleetOrder.objects.get().kind == "migrate"


def test_orders_are_placed_from_the_pages(signed_in, tenant):
    client = signed_in("platform_admin")
    assert client.post("/fleet/order/warm/").status_code == 303
    assert client.post("/fleet/order/warm/").status_code == 409
    assert client.post("/fleet/order/explode/").status_code == 404
    assert client.post(f"/tenants/{tenant.uuid}/verify/").status_code == 303
    page = client.get("/fleet/").content.decode()
    assert "Fill the warm pool" in page and "one organisation" in page and "every 2s" in page


def test_support_watches_the_fleet_and_changes_nothing(signed_in, run, tenant):
    client = signed_in("support")
    page = client.get("/fleet/").content.decode()
    assert "No such column." in page and "/fleet/order/" not in page and "/fleet/skip/" not in page
    for path in ("/fleet/order/verify/", "/fleet/resume/", f"/tenants/{tenant.uuid}/verify/"):
        assert client.post(path).status_code == 403
    for path in ("/fleet/stop/", f"/fleet/skip/{tenant.uuid}/"):
        assert (client.get(path).status_code, client.post(path, {"reason": "so"}).status_code) == (403, 403)
    with platform_context():
        assert not FleetOrder.objects.exists() and FleetRun.objects.get().state == "running"


def test_health_tells_a_silent_queue_from_one_that_is_heard(signed_in):
    with platform_context():
        for queue in QUEUES:
            heartbeat_note(queue=queue, sent_at=clock.now(), worker="celery@one")
    client = signed_in("support")
    page = client.get("/health/").content.decode()
    assert "All is well" in page and page.count("Heard") == len(QUEUES) and "celery@one" in page
    with platform_context():
        from shared_apps.console.models import Heartbeat

        Heartbeat.objects.filter(pk="bulk").update(heard_at=clock.now() - health.SILENCE - timedelta(seconds=1))
    page = client.get("/health/").content.decode()
    assert "Something needs you" in page and page.count("Silent") == 1


def test_a_sign_of_life_goes_into_every_queue_and_is_heard(db):
    waiting()
    with platform_context():
        beat_task()
        sent = waiting()
        assert sorted(message.queue for message in sent) == sorted(QUEUES)
        for message in sent:
            heard_task(*message.args)
        assert health.health_get().beat_is_well


def test_a_broker_that_does_not_answer_is_said(signed_in, monkeypatch, settings):
    from celery import current_app

    monkeypatch.setattr(current_app.conf, "broker_read_url", "redis://127.0.0.1:1/0")
    page = signed_in("support").get("/overview/").content.decode()
    assert "The broker does not answer" in page


def test_the_search_finds_organisations(signed_in, tenant):
    page = signed_in("support").get("/search/?q=nor").content.decode()
    assert f"/tenants/{tenant.uuid}/" in page and "north · Active" in page
    assert f"/tenants/{tenant.uuid}/" not in signed_in(None).get("/search/?q=nor").content.decode()
