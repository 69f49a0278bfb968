"""Fleet migrations: all schemas to the template's last step, wave after wave, each schema whole or not at all."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import UUID

import structlog
from django.db import DatabaseError
from django.db.models import F
from django.db.models.functions import Now

from core.errors import Conflict, LiveryError
from core.tenancy import TenantState, atomic, cursor, platform_context
from shared_apps.tenants.fleet.replay import Pack, pack_get, schema_upgrade
from shared_apps.tenants.invalidation import announce
from shared_apps.tenants.models import FleetItem, FleetRun, Tenant, WarmSchema

DEFAULT_WAVES = (1, 10, 100)
_LOCK = 0x1E5E43
_ATTEMPTS = 3
_PAUSE_SECONDS = 0.5
_WITHOUT_SCHEMA = (TenantState.REQUESTED, TenantState.DELETING, TenantState.PURGED)
_log = structlog.get_logger("livery.fleet")


class FleetBusy(Conflict):
    """Another run is under way."""

    code = "fleet_busy"
    title = "A fleet migration is already running"


@dataclass(frozen=True, slots=True)
class FleetReport:
    """How a run ended; `run` is None where nothing was to be done."""

    run: UUID | None
    state: str
    done: int
    failed: int
    pending: int
    reason: str = ""

    def __str__(self) -> str:
        if self.run is None:
            return "Every organisation is up to date."
        text = f"Fleet run {self.state}: {self.done} migrated, {self.failed} failed, {self.pending} left."
        return f"{text} {self.reason}".strip()


@dataclass(frozen=True, slots=True)
class Lagging:
    tenant_uuid: UUID | None
    schema: str
    cell: str
    step: int


def fleet_lagging(version: int) -> list[Lagging]:
    """The schemas, tenants' and warm ones, whose step is below a version; a query for each kind."""
    tenants = Tenant.objects.filter(template_step__lt=version, schema_name__isnull=False).exclude(
        state__in=_WITHOUT_SCHEMA
    )
    # A half-made schema is built by its provisioning, at the newest version.
    tenants = tenants.exclude(state=TenantState.PROVISIONING).order_by("created_at", "id")
    warm = WarmSchema.objects.filter(template_step__gt=0, template_step__lt=version).order_by("created_at")
    return [
        *(Lagging(*row) for row in tenants.values_list("id", "schema_name", "cell", "template_step")),
        *(Lagging(None, *row) for row in warm.values_list("schema_name", "cell", "template_step")),
    ]


def fleet_migrate(*, waves: Sequence[int] = DEFAULT_WAVES) -> FleetReport:
    """Bring every schema to the template's last step; goes on with a run that was interrupted or stopped.

    A failure is retried, then stops the run at the end of its wave; what was done stays done. Call it outside of any
    context and transaction, in a process with the owner's credentials. Raises FleetBusy while another run lives.
    """
    pack = pack_get()
    with platform_context(), _only_runner():
        run = _open_run(pack, waves)
        if run is None:
            return FleetReport(None, FleetRun.State.FINISHED, 0, 0, 0)
        for wave in sorted(set(run.items.values_list("wave", flat=True))):
            _run_wave(run, wave, pack)
            if run.items.filter(wave__lte=wave, state=FleetItem.State.FAILED).exists():
                return _close(run, FleetRun.State.STOPPED, f"Wave {wave} had failures; see `fleet status`.")
        return _close(run, FleetRun.State.FINISHED, "")


def fleet_pending(version: int) -> int:
    """How many schemas lag behind a version: what the check of an idle fleet costs."""
    return len(fleet_lagging(version))


@contextmanager
def _only_runner() -> Iterator[None]:
    # The server lets go of the lock when a runner dies, so the next one goes on.
    with cursor() as opened:
        opened.execute("SELECT pg_catalog.pg_try_advisory_lock(%s)", [_LOCK])
        if not opened.fetchone()[0]:
            raise FleetBusy("Another fleet migration is at work; watch it with `fleet status`.")
    try:
        yield
    finally:
        with cursor() as opened:
            opened.execute("SELECT pg_catalog.pg_advisory_unlock(%s)", [_LOCK])


@atomic()
def _open_run(pack: Pack, waves: Sequence[int]) -> FleetRun | None:
    lagging = fleet_lagging(pack.version)
    unfinished = FleetRun.objects.select_for_update().filter(state=FleetRun.State.RUNNING).first()
    if unfinished is not None and unfinished.target_step == pack.version:
        return unfinished
    if unfinished is not None:
        unfinished.state, unfinished.stop_reason = FleetRun.State.STOPPED, "A newer version came."
        unfinished.save(update_fields=["state", "stop_reason"])
    if not lagging:
        return None
    run = FleetRun.objects.create(target_step=pack.version, waves=list(waves))
    FleetItem.objects.bulk_create(
        FleetItem(
            run=run,
            tenant_uuid=item.tenant_uuid,
            schema_name=item.schema,
            cell=item.cell,
            from_step=item.step,
            wave=_wave_of(position, len(lagging), waves),
        )
        for position, item in enumerate(lagging)
    )
    return run


def _wave_of(position: int, total: int, waves: Sequence[int]) -> int:
    share = 100 * position / total
    return next((number for number, limit in enumerate(waves, 1) if share < limit), len(waves))


def _run_wave(run: FleetRun, wave: int, pack: Pack) -> None:
    todo = run.items.filter(wave=wave).exclude(state__in=[FleetItem.State.DONE, FleetItem.State.SKIPPED])
    for item in todo.order_by("id"):
        _run_item(item, pack)
    announce()


def _run_item(item: FleetItem, pack: Pack) -> None:
    for attempt in range(1, _ATTEMPTS + 1):
        began = time.perf_counter()
        try:
            schema_upgrade(cell=item.cell, schema=item.schema_name, pack=pack)
        except (DatabaseError, LiveryError) as error:
            _log.warning("fleet_item_failed", schema=item.schema_name, attempt=attempt, reason=str(error))
            _keep(item, FleetItem.State.FAILED, error=str(error).strip(), began=began)
            if attempt < _ATTEMPTS:
                time.sleep(_PAUSE_SECONDS * attempt)
        else:
            _keep(item, FleetItem.State.DONE, error="", began=began, version=pack.version)
            return


@atomic()
def _keep(item: FleetItem, state: str, *, error: str, began: float, version: int | None = None) -> None:
    FleetItem.objects.filter(pk=item.pk).update(
        state=state,
        error=error,
        attempts=F("attempts") + 1,
        milliseconds=round((time.perf_counter() - began) * 1000),
        finished_at=Now(),
    )
    if version is not None:
        table = Tenant if item.tenant_uuid else WarmSchema
        table.objects.filter(schema_name=item.schema_name, template_step__lt=version).update(template_step=version)


def _close(run: FleetRun, state: str, reason: str) -> FleetReport:
    with atomic():
        FleetRun.objects.filter(pk=run.pk).update(state=state, stop_reason=reason, finished_at=Now())
    counts = {value: run.items.filter(state=value).count() for value in FleetItem.State}
    return FleetReport(
        run=run.pk,
        state=state,
        done=counts[FleetItem.State.DONE],
        failed=counts[FleetItem.State.FAILED],
        pending=counts[FleetItem.State.PENDING],
        reason=reason,
    )
