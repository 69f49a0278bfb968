"""The fleet at a glance, for the page and for REST."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings

from shared_apps.console.choices import OrderState
from shared_apps.console.models import FleetOrder
from shared_apps.console.selectors import order_list
from shared_apps.tenants.selectors import (
    Template,
    Wave,
    fleet_runs,
    run_items,
    run_waves,
    step_spread,
    template_newest,
    tenants_of,
    warm_counts,
)
from shared_apps.tenants.services.fleet_work import POOL_SIZE

_ORDERS, _RUNS, _FAILURES = 8, 8, 50


@dataclass(frozen=True, slots=True)
class Failure:
    """A schema that a run could not migrate or left out; `tenant` is none for a warm one."""

    item: Any
    tenant: Any


@dataclass(frozen=True, slots=True)
class Pool:
    """The schemas that a cell has ready in advance, of how many it should."""

    cell: str
    ready: int
    size: int


@dataclass(frozen=True, slots=True)
class FleetState:
    template: Template | None
    behind: int
    total: int
    run: Any
    waves: list[Wave]
    failures: list[Failure]
    pools: list[Pool]
    orders: list[FleetOrder]
    runs: list[Any]

    @property
    def is_open(self) -> bool:
        """Whether the newest run has work left."""
        return self.run is not None and self.run.state in ("running", "paused", "stopped")

    @property
    def moves(self) -> bool:
        """Whether something is under way, so that the page looks again."""
        open_states = (OrderState.WAITING, OrderState.RUNNING)
        return any(order.state in open_states for order in self.orders) or (
            self.run is not None and self.run.state == "running"
        )


def fleet_state() -> FleetState:
    """All of it, in a constant number of queries."""
    template, steps = template_newest(), step_spread()
    newest = template.step if template else 0
    runs = list(fleet_runs()[:_RUNS])
    run = runs[0] if runs else None
    failed = list(run_items(run).filter(state__in=["failed", "skipped"])[:_FAILURES]) if run else []
    tenants = tenants_of(failed)
    warm = warm_counts(newest)
    return FleetState(
        template=template,
        behind=sum(count for step, count in steps.items() if step < newest),
        total=sum(steps.values()),
        run=run,
        waves=run_waves(run) if run else [],
        failures=[Failure(item, tenants.get(item.schema_name)) for item in failed],
        pools=[Pool(cell, warm.get(cell, 0), POOL_SIZE) for cell in sorted(settings.DATABASES)],
        orders=list(order_list()[:_ORDERS]),
        runs=runs,
    )
