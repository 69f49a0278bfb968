"""The ledger of fleet migrations: what a run has to do, and how people steer it."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models.functions import Now

from core.actor import Actor
from core.errors import Conflict, NotFound, Unprocessable
from core.tenancy import TenantState, atomic
from shared_apps.tenants.fleet.replay import Pack
from shared_apps.tenants.models import FleetItem, FleetRun, Tenant, WarmSchema
from shared_apps.trail.services import trail_record

WITHOUT_SCHEMA = (TenantState.REQUESTED, TenantState.DELETING, TenantState.PURGED)
_OPEN = (FleetRun.State.RUNNING, FleetRun.State.PAUSED, FleetRun.State.STOPPED)
_ENDED = (FleetItem.State.DONE, FleetItem.State.SKIPPED)


class FleetBusy(Conflict):
    """Another process works on a run."""

    code = "fleet_busy"
    title = "A fleet migration is already running"
    message = "Another fleet migration is at work; watch it with `fleet status`."


class FleetPaused(Conflict):
    """Somebody paused the fleet."""

    code = "fleet_paused"
    title = "Fleet migrations are paused"


class WavesRefused(Unprocessable):
    """The shares of the waves do not rise to the whole fleet."""

    code = "waves_refused"
    title = "These waves cannot be used"
    message = "The waves must be percentages that rise and end at 100, such as 1, 10, 100."


class NoOpenRun(NotFound):
    """Something was asked of a run, but none is open."""

    code = "fleet_idle"
    title = "No fleet migration is open"
    message = "No fleet migration is open; see `fleet status`."


@dataclass(frozen=True, slots=True)
class Lagging:
    """A schema that lacks the template's last steps; a warm one belongs to no tenant."""

    tenant_uuid: UUID | None
    schema: str
    cell: str
    step: int


@dataclass(frozen=True, slots=True)
class FleetReport:
    """How far a run is; `run` is None where nothing was to be done."""

    run: UUID | None
    state: str
    done: int = 0
    failed: int = 0
    pending: int = 0
    skipped: int = 0
    reason: str = ""

    def __str__(self) -> str:
        if self.run is None:
            return "Every organisation is up to date."
        counts = f"{self.done} migrated, {self.failed} failed, {self.skipped} skipped, {self.pending} left."
        return f"Fleet run {self.state}: {counts} {self.reason}".strip()


def fleet_lagging(version: int) -> list[Lagging]:
    """The schemas, tenants' and warm ones, whose step is below a version; a query for each kind.

    One that is half-made is not among them: its provisioning builds it at the newest version.
    """
    tenants = (
        Tenant.objects.filter(template_step__lt=version, schema_name__isnull=False)
        .exclude(state__in=[*WITHOUT_SCHEMA, TenantState.PROVISIONING])
        .order_by("created_at", "id")
    )
    warm = WarmSchema.objects.filter(template_step__gt=0, template_step__lt=version).order_by("created_at")
    return [
        *(Lagging(*row) for row in tenants.values_list("id", "schema_name", "cell", "template_step")),
        *(Lagging(None, *row) for row in warm.values_list("schema_name", "cell", "template_step")),
    ]


def run_last() -> FleetRun | None:
    """The newest run."""
    return FleetRun.objects.first()


@atomic()
def run_open(pack: Pack, waves: Sequence[int]) -> FleetRun | None:
    """The run to work on: one that was interrupted or stopped on its way to this pack, or a new one.

    None where no schema lags. Raises WavesRefused, and FleetPaused until somebody resumes the fleet.
    """
    if list(waves) != sorted({wave for wave in waves if 0 < wave <= 100}) or not waves or waves[-1] != 100:
        raise WavesRefused
    run = _open_run()
    if run is not None and run.state == FleetRun.State.PAUSED:
        raise FleetPaused(f"Fleet migrations are paused: {run.stop_reason} Resume them with `fleet resume`.")
    if run is not None and run.target_step != pack.version:
        _change(run, FleetRun.State.CLOSED, "A newer version came.")
        run = None
    lagging = fleet_lagging(pack.version)
    if run is None and not lagging:
        return None
    if run is None:
        run = FleetRun.objects.create(target_step=pack.version, waves=list(waves))
    else:
        _change(run, FleetRun.State.RUNNING, "")
    _add_items(run, lagging)
    return run


def run_close(run: FleetRun, state: str, reason: str = "") -> FleetReport:
    """End a run, or stop it until the next call, unless somebody paused it meanwhile."""
    with atomic():
        locked = FleetRun.objects.select_for_update().get(pk=run.pk)
        if locked.state == FleetRun.State.RUNNING:
            _change(locked, state, reason)
    return run_report(locked)


def run_report(run: FleetRun) -> FleetReport:
    """How far a run is."""
    counts = {value: run.items.filter(state=value).count() for value in FleetItem.State}
    return FleetReport(
        run=run.pk,
        state=run.state,
        done=counts[FleetItem.State.DONE],
        failed=counts[FleetItem.State.FAILED],
        pending=counts[FleetItem.State.PENDING],
        skipped=counts[FleetItem.State.SKIPPED],
        reason=run.stop_reason,
    )


def run_goes_on(run: FleetRun) -> bool:
    """Whether nobody paused a run."""
    return FleetRun.objects.filter(pk=run.pk, state=FleetRun.State.RUNNING).exists()


@atomic()
def fleet_pause(*, reason: str, actor: Actor) -> FleetRun:
    """Let the open run stop after the schema that it is at, and start none until it is resumed. Raises NoOpenRun."""
    run = _require_open_run()
    _change(run, FleetRun.State.PAUSED, reason)
    trail_record(actor=actor, action="fleet.pause", obj=run, summary=reason)
    return run


@atomic()
def fleet_resume(*, actor: Actor) -> FleetRun:
    """Take a pause back; the next `fleet_migrate` goes on with the run. Raises NoOpenRun."""
    run = _require_open_run()
    _change(run, FleetRun.State.STOPPED, "Resumed; it goes on with the next `fleet migrate`.")
    trail_record(actor=actor, action="fleet.resume", obj=run)
    return run


@atomic()
def fleet_skip(*, schema: str, reason: str, actor: Actor) -> FleetItem:
    """Leave one schema out of the open run: it stays as it is, and its organisation answers 503. Raises NoOpenRun."""
    run = _require_open_run()
    item = run.items.select_for_update().exclude(state__in=_ENDED).filter(schema_name=schema).first()
    if item is None:
        raise NotFound("The open run has nothing left to do for this organisation.")
    item.state, item.error = FleetItem.State.SKIPPED, reason
    item.save(update_fields=["state", "error"])
    trail_record(actor=actor, action="fleet.skip", obj=run, summary=f"{schema}: {reason}")
    return item


def _open_run() -> FleetRun | None:
    return FleetRun.objects.select_for_update().filter(state__in=_OPEN).first()


def _require_open_run() -> FleetRun:
    run = _open_run()
    if run is None:
        raise NoOpenRun
    return run


def _change(run: FleetRun, state: str, reason: str) -> None:
    run.state, run.stop_reason = state, reason
    run.finished_at = Now() if state in (FleetRun.State.FINISHED, FleetRun.State.CLOSED) else None
    run.save(update_fields=["state", "stop_reason", "finished_at"])


def _add_items(run: FleetRun, lagging: Sequence[Lagging]) -> None:
    known = set(run.items.values_list("schema_name", flat=True))
    FleetItem.objects.bulk_create(
        FleetItem(
            run=run,
            tenant_uuid=item.tenant_uuid,
            schema_name=item.schema,
            cell=item.cell,
            from_step=item.step,
            # Whoever fell behind after the run began comes last.
            wave=len(run.waves) if known else _wave_of(position, len(lagging), run.waves),
        )
        for position, item in enumerate(lagging)
        if item.schema not in known
    )


def _wave_of(position: int, total: int, waves: Sequence[int]) -> int:
    share = 100 * position / total
    return next(number for number, limit in enumerate(waves, 1) if share < limit)
