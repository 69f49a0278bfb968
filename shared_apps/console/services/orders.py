from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

import structlog
from django.db import IntegrityError

from core.actor import Actor
from core.clock import now
from core.errors import LiveryError
from core.tenancy import atomic
from core.tenancy.tasks import enqueue
from shared_apps.console.choices import OrderKind, OrderState
from shared_apps.console.errors import OrderOpen
from shared_apps.console.models import FleetOrder
from shared_apps.tenants.services import fleet_resume
from shared_apps.tenants.services.fleet_work import fleet_bring_up, fleet_compare, pool_fill, tenant_compare
from shared_apps.trail.services import trail_record

BROKEN = "Something failed on our side. The log of the worker of the queue “fleet” says what."
_PATIENCE = timedelta(minutes=2)
_log = structlog.get_logger("livery.console")


def order_place(*, kind: OrderKind, actor: Actor, arguments: Mapping[str, str] | None = None) -> FleetOrder:
    """Ask the workers of the queue `fleet` for something; raises OrderOpen while the same is under way.

    `arguments` are none, or for a comparison the `tenant` that it is limited to.
    """
    try:
        with atomic():
            order = FleetOrder.objects.create(
                kind=kind, arguments=dict(arguments or {}), requested_by=actor.label, requested_at=now()
            )
            trail_record(actor=actor, action=f"fleet.{kind.value}", obj=order, changes=order.arguments)
            enqueue("console.order", order.pk)
    except IntegrityError as error:
        if FleetOrder.objects.filter(kind=kind, state__in=[OrderState.WAITING, OrderState.RUNNING]).exists():
            raise OrderOpen from error
        raise
    return order


@atomic()
def fleet_go_on(*, actor: Actor) -> FleetOrder:
    """Take a pause of the fleet back and go on with its run. Raises NoOpenRun, OrderOpen."""
    fleet_resume(actor=actor)
    return order_place(kind=OrderKind.MIGRATE, actor=actor)


def order_execute(*, order_id: UUID) -> None:
    """Do what was asked, and keep what came of it; one that has ended is left alone.

    It may run a second time after a worker was killed: everything here goes on where it stopped. Needs the owner's
    credentials; call it outside of any transaction.
    """
    order = _take(order_id)
    if order is None:
        return
    try:
        result = _WORK[OrderKind(order.kind)](order.arguments)
    except LiveryError as refusal:
        _end(order, OrderState.FAILED, error=str(refusal))
    except Exception:
        _end(order, OrderState.FAILED, error=BROKEN)
        raise
    else:
        is_done = result.get("is_done", True)
        state = OrderState.DONE if is_done else OrderState.FAILED
        _end(order, state, result=result, error="" if is_done else result["said"])


def orders_sweep() -> int:
    """Queue orders again whose message was lost; returns how many."""
    lost = list(FleetOrder.objects.filter(state=OrderState.WAITING, queued_at__lt=now() - _PATIENCE))
    for order in lost:
        _log.warning("order_queued_again", order_id=str(order.pk), kind=order.kind)
        with atomic():
            FleetOrder.objects.filter(pk=order.pk).update(queued_at=now())
            enqueue("console.order", order.pk)
    return len(lost)


@atomic()
def _take(order_id: UUID) -> FleetOrder | None:
    order = FleetOrder.objects.select_for_update().filter(pk=order_id).first()
    if order is None or order.state in (OrderState.DONE, OrderState.FAILED):
        return None
    order.state, order.started_at = OrderState.RUNNING, order.started_at or now()
    order.save(update_fields=["state", "started_at"])
    return order


@atomic()
def _end(order: FleetOrder, state: OrderState, *, result: dict[str, Any] | None = None, error: str = "") -> None:
    order.state, order.result, order.error, order.finished_at = state, result or {}, error, now()
    order.save(update_fields=["state", "result", "error", "finished_at"])


def _compare(arguments: Mapping[str, str]) -> dict[str, Any]:
    return tenant_compare(tenant_id=UUID(arguments["tenant"])) if arguments else fleet_compare()


_WORK: dict[OrderKind, Callable[[Mapping[str, str]], dict[str, Any]]] = {
    OrderKind.MIGRATE: lambda arguments: fleet_bring_up(),
    OrderKind.VERIFY: _compare,
    OrderKind.WARM: lambda arguments: pool_fill(),
}
