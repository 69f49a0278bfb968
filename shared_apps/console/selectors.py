from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import BigIntegerField, Count, F, Max, Min, Q, QuerySet, Sum
from django.db.models.fields.json import KT
from django.db.models.functions import Cast, Coalesce

from core.backlogs import backlogs
from core.clock import now
from core.observability.queues import queue_depths
from core.tenancy import TenantState
from shared_apps.console.models import DayMeasure, FleetOrder, Heartbeat, TenantMeasure
from shared_apps.tenants.selectors import (
    Template,
    lagging,
    signups_by_day,
    step_spread,
    template_newest,
    tenant_counts,
    tenant_list,
)

DAYS = 30
_LIVING = ~Q(tenant__state=TenantState.PURGED)


@dataclass(frozen=True, slots=True)
class Totals:
    """The newest figures of all organisations together; the times say how old the oldest and newest of them are."""

    measured: int
    size_bytes: int
    people: int
    waiting: int
    failed: int
    oldest_waiting_at: datetime | None
    measured_first: datetime | None
    measured_last: datetime | None


@dataclass(frozen=True, slots=True)
class Day:
    """What all organisations together came to on a day (UTC); `failed` by backlog."""

    day: date
    signups: int
    size_bytes: int | None
    people: int | None
    failed: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Overview:
    """The state of the whole fleet."""

    states: Mapping[str, int]
    totals: Totals
    days: list[Day]
    waiting: Mapping[str, int]
    depths: Mapping[str, int] | None
    template: Template | None
    steps: Mapping[int, int]

    @property
    def organisations(self) -> int:
        """How many there are, in whatever state."""
        return sum(self.states.values())

    @property
    def behind(self) -> int:
        """How many answer 503 because their tables are older than the newest version."""
        newest = self.template.step if self.template else 0
        return sum(count for step, count in self.steps.items() if step < newest)


def overview_get() -> Overview:
    """All of it, in a constant number of queries however many organisations there are."""
    return Overview(
        states=tenant_counts(),
        totals=totals_get(),
        days=day_list(),
        waiting=_by_backlog("waiting", TenantMeasure.objects.filter(_LIVING)),
        depths=queue_depths(),
        template=template_newest(),
        steps=step_spread(),
    )


def totals_get() -> Totals:
    """The newest figures, summed."""
    found: dict[str, Any] = TenantMeasure.objects.filter(_LIVING).aggregate(
        measured=Count("pk"),
        size_bytes=Coalesce(Sum("size_bytes"), 0, output_field=BigIntegerField()),
        people=Coalesce(Sum("people_count"), 0),
        waiting=Coalesce(Sum("waiting"), 0),
        failed=Coalesce(Sum("failed", filter=Q(measured_at__date=_today())), 0),
        oldest_waiting_at=Min("oldest_waiting_at"),
        measured_first=Min("measured_at"),
        measured_last=Max("measured_at"),
    )
    # PostgreSQL sums whole numbers to a Decimal.
    sums = {name: int(found[name]) for name in ("measured", "size_bytes", "people", "waiting", "failed")}
    whole: dict[str, Any] = {**found, **sums}
    return Totals(**whole)


def day_list(count: int = DAYS) -> list[Day]:
    """The last days up to today, the oldest first; a day that was not measured has no size."""
    first = _today() - timedelta(days=count - 1)
    failed = {f"failed_{each.name}": _sum_of(each.name, "failed") for each in backlogs()}
    rows = DayMeasure.objects.filter(_LIVING, day__gte=first).order_by().values("day")
    measured: dict[date, Any] = {
        row["day"]: row for row in rows.annotate(size=Sum("size_bytes"), people=Sum("people_count"), **failed)
    }
    signups = signups_by_day(first)
    days = []
    for day in (first + timedelta(days=number) for number in range(count)):
        row = measured.get(day, {})
        days.append(
            Day(
                day=day,
                signups=signups.get(day, 0),
                size_bytes=int(row["size"]) if row else None,
                people=row.get("people"),
                failed={each.name: row.get(f"failed_{each.name}") or 0 for each in backlogs()},
            )
        )
    return days


def measure_list() -> QuerySet[TenantMeasure]:
    """The newest figures of each organisation."""
    return TenantMeasure.objects.filter(_LIVING).select_related("tenant").order_by("-pk")


def measured_days(tenant_id: UUID) -> QuerySet[DayMeasure]:
    """One organisation's figures by day, newest first."""
    return DayMeasure.objects.filter(tenant_id=tenant_id).order_by("-day")


def organisation_list() -> QuerySet:
    """All organisations with their newest figures beside them: size, people, waiting, failed, oldest, measured_at."""
    return tenant_list().annotate(
        size=F("measure__size_bytes"),
        people=F("measure__people_count"),
        waiting=F("measure__waiting"),
        failed=F("measure__failed"),
        oldest=F("measure__oldest_waiting_at"),
        measured_at=F("measure__measured_at"),
    )


def behind() -> Q:
    """Which organisations' tables are older than the newest version."""
    newest = template_newest()
    return lagging(newest.step if newest else 0)


def order_list() -> QuerySet[FleetOrder]:
    """What workers were asked to do over the fleet, newest first."""
    return FleetOrder.objects.order_by("-id")


def heartbeats() -> dict[str, Heartbeat]:
    """The last sign of life of each queue that ever gave one."""
    return {beat.queue: beat for beat in Heartbeat.objects.all()}


def _today() -> date:
    return now().astimezone(UTC).date()


def _sum_of(backlog: str, figure: str) -> Sum:
    return Sum(Cast(KT(f"by_backlog__{backlog}__{figure}"), BigIntegerField()))


def _by_backlog(figure: str, rows: QuerySet) -> dict[str, int]:
    found = rows.aggregate(**{each.name: _sum_of(each.name, figure) for each in backlogs()})
    return {name: int(value or 0) for name, value in found.items()}
