from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connections

from core import clock
from core.actor import SYSTEM
from core.tenancy import platform_context
from shared_apps.console.choices import OrderKind, OrderState
from shared_apps.console.errors import OrderOpen
from shared_apps.console.models import FleetOrder
from shared_apps.console.services.orders import BROKEN, order_execute, order_place, orders_sweep
from shared_apps.console.verdicts import verdict_of
from shared_apps.tenants.models import FleetRun, Tenant, WarmSchema
from shared_apps.tenants.services import fleet_pause
from shared_apps.trail.models import TrailEntry
from tests.support.databases import copied_database, database
from tests.support.messages import waiting
from tests.support.twins import Twins


@pytest.fixture
def fleet(twins: Twins, django_db_blocker: Any) -> Iterator[Twins]:
    """The twins in a database of the test's own, where a worker's tables may be altered."""
    with django_db_blocker.unblock(), copied_database("console"):
        yield twins
        connections.close_all()


def done(kind, **arguments):
    """Place an order and execute it as a worker would."""
    with platform_context():
        order = order_place(kind=kind, actor=SYSTEM, arguments=arguments)
        order_execute(order_id=order.pk)
        order.refresh_from_db()
    return order


def test_all_schemas_are_compared_and_a_drifted_one_is_named(fleet: Twins):
    assert done(OrderKind.VERIFY).result == {"checked": 3, "drifts": []}
    with database() as cursor:
        cursor.execute(f"ALTER TABLE {fleet.first.schema}.jobs_taskrun ADD COLUMN odd int")
    order = done(OrderKind.VERIFY)
    (drift,) = order.result["drifts"]
    assert (order.state, drift["tenant"], drift["name"]) == (OrderState.DONE, str(fleet.first.uuid), "North Ltd")
    assert any("jobs_taskrun.odd" in line for line in drift["lines"])
    assert done(OrderKind.VERIFY, tenant=str(fleet.second.uuid)).result == {"checked": 1, "drifts": []}
    with platform_context():
        first, second = (verdict_of(Tenant.objects.get(pk=each.uuid)) for each in (fleet.first, fleet.second))
    assert (first.is_same, second.is_same) == (False, True)


def test_the_pool_is_filled(fleet: Twins, monkeypatch):
    from shared_apps.tenants.services import fleet_work

    monkeypatch.setattr(fleet_work, "POOL_SIZE", 2)
    assert done(OrderKind.WARM).result == {"built": {"default": 2}}
    with platform_context():
        assert WarmSchema.objects.count() == 2


def test_a_fleet_that_is_up_to_date_is_migrated_in_no_time(fleet: Twins):
    order = done(OrderKind.MIGRATE)
    assert (order.state, order.result["said"]) == (OrderState.DONE, "Every organisation is up to date.")


def test_a_paused_fleet_ends_the_order_with_its_reason(fleet: Twins):
    with platform_context():
        Tenant.objects.filter(pk=fleet.first.uuid).update(template_step=1)
        FleetRun.objects.create(target_step=1, waves=[100])
        fleet_pause(reason="Month end.", actor=SYSTEM)
    order = done(OrderKind.MIGRATE)
    assert order.state == OrderState.FAILED and "Month end." in order.error and order.finished_at


def test_an_order_is_done_once(db, monkeypatch):
    from shared_apps.console.services import orders

    counted = []
    monkeypatch.setitem(orders._WORK, OrderKind.WARM, lambda arguments: counted.append(1) or {"built": {}})
    order = done(OrderKind.WARM)
    with platform_context():
        order_execute(order_id=order.pk)
        order_execute(order_id=uuid4())
    assert counted == [1]


def test_what_breaks_is_said_without_its_details_and_raised(db, monkeypatch):
    from shared_apps.console.services import orders

    def fail(arguments):
        raise RuntimeError("secret detail")

    monkeypatch.setitem(orders._WORK, OrderKind.VERIFY, fail)
    with platform_context():
        order = order_place(kind=OrderKind.VERIFY, actor=SYSTEM)
        with pytest.raises(RuntimeError):
            order_execute(order_id=order.pk)
        order.refresh_from_db()
    assert (order.state, order.error) == (OrderState.FAILED, BROKEN)


def test_the_same_is_under_way_once_and_each_is_in_the_trail(db):
    with platform_context():
        order_place(kind=OrderKind.WARM, actor=SYSTEM)
        with pytest.raises(OrderOpen):
            order_place(kind=OrderKind.WARM, actor=SYSTEM)
        order_place(kind=OrderKind.VERIFY, actor=SYSTEM)
        assert FleetOrder.objects.count() == 2
        assert sorted(TrailEntry.objects.values_list("action", flat=True)) == ["fleet.verify", "fleet.warm"]


def test_an_order_whose_message_was_lost_is_queued_again(db, django_capture_on_commit_callbacks):
    with platform_context():
        lost = order_place(kind=OrderKind.WARM, actor=SYSTEM)
        order_place(kind=OrderKind.VERIFY, actor=SYSTEM)
        FleetOrder.objects.filter(pk=lost.pk).update(queued_at=clock.now() - timedelta(minutes=5))
        waiting()
        with django_capture_on_commit_callbacks(execute=True):
            assert orders_sweep() == 1
        assert [(each.task, each.args) for each in waiting()] == [("console.order", [str(lost.pk)])]
        assert orders_sweep() == 0
