"""What people read about runs over the fleet."""

from dataclasses import dataclass

from django.db.models import Count, Max, Q, QuerySet

from shared_apps.tenants.models import FleetItem, FleetRun, Tenant

_State = FleetItem.State


@dataclass(frozen=True, slots=True)
class Wave:
    """How far one wave of a run is; `share` is the percentage of the fleet at which it ends."""

    number: int
    share: int
    total: int
    done: int
    failed: int
    skipped: int

    @property
    def pending(self) -> int:
        """What is left to do."""
        return self.total - self.done - self.failed - self.skipped


def fleet_runs() -> QuerySet[FleetRun]:
    """All runs, newest first, each with how many schemas it has, and how many of them are done or failed."""
    return FleetRun.objects.order_by("-started_at", "-id").annotate(
        total=Count("items"),
        done=Count("items", filter=Q(items__state=_State.DONE)),
        failed=Count("items", filter=Q(items__state=_State.FAILED)),
        skipped=Count("items", filter=Q(items__state=_State.SKIPPED)),
        last_at=Max("items__finished_at"),
    )


def run_waves(run: FleetRun) -> list[Wave]:
    """The waves of a run, in order."""
    counted = (
        run.items.order_by()
        .values("wave")
        .annotate(
            total=Count("pk"),
            done=Count("pk", filter=Q(state=_State.DONE)),
            failed=Count("pk", filter=Q(state=_State.FAILED)),
            skipped=Count("pk", filter=Q(state=_State.SKIPPED)),
        )
        .order_by("wave")
    )
    return [
        Wave(row["wave"], run.waves[row["wave"] - 1], row["total"], row["done"], row["failed"], row["skipped"])
        for row in counted
    ]


def run_items(run: FleetRun) -> QuerySet[FleetItem]:
    """A run's schemas in the order in which they are taken."""
    return run.items.order_by("wave", "id")


def tenants_of(items: list[FleetItem]) -> dict[str, Tenant]:
    """The organisations of some schemas, by the schema's name; a warm one has none."""
    found = Tenant.objects.filter(schema_name__in=[item.schema_name for item in items])
    return {str(tenant.schema_name): tenant for tenant in found}
