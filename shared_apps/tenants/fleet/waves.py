"""Fleet migrations: all schemas to the template's last step, wave after wave, each schema whole or not at all."""

import time
import traceback
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

import psycopg2
import structlog
from django.db import DatabaseError
from django.db.models import F
from django.db.models.functions import Now

from core.errors import LiveryError
from core.observability.redaction import redact_text
from core.tenancy import atomic, cursor, platform_context
from core.tenancy.backend.base import owner_context
from shared_apps.tenants.fleet.locks import FLEET, held
from shared_apps.tenants.fleet.names import TEMPLATE_SCHEMA
from shared_apps.tenants.fleet.replay import Pack, pack_get, schema_upgrade
from shared_apps.tenants.fleet.runs import (
    WITHOUT_SCHEMA,
    FleetBusy,
    FleetReport,
    run_close,
    run_goes_on,
    run_open,
)
from shared_apps.tenants.invalidation import announce
from shared_apps.tenants.models import FleetItem, FleetRun, Tenant, WarmSchema

DEFAULT_WAVES = (1, 10, 100)
_ATTEMPTS = 3
_PAUSE_SECONDS = 0.5
# Upgraded on one connection before the registry hears of them and a pause is asked for.
_BATCH = 20
# SQLSTATE: lock not available, deadlock, serialization failure: somebody was in the way.
_CONTENDED = frozenset({"55P03", "40P01", "40001"})
# One statement for a whole batch, each with its own time.
_KEEP_DONE = """
UPDATE tenants_fleetitem item
SET state = %s, error = '', attempts = attempts + 1, milliseconds = done.milliseconds, finished_at = now()
FROM unnest(%s::bigint[], %s::int[]) AS done (id, milliseconds)
WHERE item.id = done.id AND item.state <> %s
"""
_WAITING = (FleetItem.State.PENDING, FleetItem.State.FAILED)
_log = structlog.get_logger("livery.fleet")


def fleet_migrate(*, waves: Sequence[int] = DEFAULT_WAVES) -> FleetReport:
    """Bring every schema to the template's last step; goes on with a run that was interrupted or stopped.

    A schema that somebody holds is tried again at the end of its wave. Any other failure stops the run there and then,
    and the next call tries it again; what was done stays done, what failed stays as it was. `waves` are the shares of
    the fleet, in percent, at which a wave ends. Call it outside of any transaction, in a process with the owner's
    credentials. Raises FleetBusy, FleetPaused, WavesRefused.
    """
    pack = pack_get()
    with platform_context(), held(FLEET, wait=False) as free:
        if not free:
            raise FleetBusy
        run = run_open(pack, waves)
        if run is None:
            return FleetReport(None, FleetRun.State.FINISHED)
        for wave in sorted(set(run.items.values_list("wave", flat=True))):
            is_done = _run_wave(run, wave, pack)
            announce()
            if not is_done:
                return run_close(run, FleetRun.State.STOPPED, f"Wave {wave} has failures; see `fleet status`.")
        return run_close(run, FleetRun.State.FINISHED)


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one schema's part went."""

    item: FleetItem
    milliseconds: int
    error: Exception | None

    @property
    def is_contended(self) -> bool:
        """Whether somebody was in the way who may be gone a moment later."""
        return self.error is not None and getattr(self.error.__cause__, "pgcode", None) in _CONTENDED

    @property
    def is_broken(self) -> bool:
        """Whether another attempt would fail as well."""
        return self.error is not None and not self.is_contended


def _run_wave(run: FleetRun, wave: int, pack: Pack) -> bool:
    todo = list(run.items.filter(wave=wave, state__in=_WAITING).order_by("cell", "id"))
    for attempt in range(_ATTEMPTS):
        time.sleep(_PAUSE_SECONDS * attempt)
        contended: list[FleetItem] = []
        for batch in _batches(todo):
            while batch:
                if not run_goes_on(run):
                    return False
                outcomes = _migrate(batch, pack)
                if _keep(outcomes, pack):
                    return False
                contended += [outcome.item for outcome in outcomes if outcome.is_contended]
                batch = batch[len(outcomes) :]
        todo = contended
        if not todo:
            return True
    return False


def _batches(items: list[FleetItem]) -> Iterator[list[FleetItem]]:
    """A few items of one cell at a time, without those that were skipped since."""
    for _cell, group in groupby(items, key=lambda item: item.cell):
        numbers = [item.pk for item in group]
        for start in range(0, len(numbers), _BATCH):
            batch = FleetItem.objects.filter(pk__in=numbers[start : start + _BATCH], state__in=_WAITING)
            yield list(batch.order_by("id"))


def _migrate(batch: list[FleetItem], pack: Pack) -> list[Outcome]:
    """Upgrade schemas of one cell, on one connection, up to the first that is broken."""
    outcomes: list[Outcome] = []
    with owner_context(cell=batch[0].cell, schema=TEMPLATE_SCHEMA):
        for item in batch:
            outcomes.append(_upgrade(item, pack))
            if outcomes[-1].is_broken:
                break
    return outcomes


def _upgrade(item: FleetItem, pack: Pack) -> Outcome:
    began, failure = time.perf_counter(), None
    try:
        schema_upgrade(cell=item.cell, schema=item.schema_name, pack=pack)
    except Exception as error:  # noqa: BLE001  a migration's own code may raise anything, and the others must know
        failure = error
    return Outcome(item, round((time.perf_counter() - began) * 1000), failure)


@atomic()
def _keep(outcomes: list[Outcome], pack: Pack) -> bool:
    """Write outcomes down; returns whether one of them stops the run."""
    done = [outcome for outcome in outcomes if outcome.error is None]
    schemas = [outcome.item.schema_name for outcome in done]
    # In this order: a warm schema that is taken at this moment is found with its tenant.
    for table in (WarmSchema, Tenant):
        behind = table.objects.filter(schema_name__in=schemas, template_step__lt=pack.version)
        behind.update(template_step=pack.version)
    with cursor() as opened:
        numbers = [outcome.item.pk for outcome in done], [outcome.milliseconds for outcome in done]
        opened.execute(_KEEP_DONE, [FleetItem.State.DONE, *numbers, FleetItem.State.SKIPPED])
    stops = [_keep_failure(outcome, outcome.error) for outcome in outcomes if outcome.error is not None]
    return any(stops)


def _keep_failure(outcome: Outcome, error: Exception) -> bool:
    state, reason = FleetItem.State.FAILED, _reason(error)
    _log.warning("fleet_item_failed", schema=outcome.item.schema_name, reason=reason)
    if not _is_wanted(outcome.item):
        state, reason = FleetItem.State.SKIPPED, "The organisation is gone."
    FleetItem.objects.filter(pk=outcome.item.pk).exclude(state=FleetItem.State.SKIPPED).update(
        state=state,
        error=reason,
        attempts=F("attempts") + 1,
        milliseconds=outcome.milliseconds,
        finished_at=Now(),
    )
    return outcome.is_broken and state == FleetItem.State.FAILED


def _reason(error: Exception) -> str:
    """What failed, without the rows' values that a database adds in its detail; of other code, also where."""
    if isinstance(error, LiveryError):
        return str(error)
    if isinstance(error, DatabaseError) and isinstance(error.__cause__, psycopg2.Error):
        return redact_text(f"{type(error).__name__}: {error.__cause__.diag.message_primary or error}".strip())
    place = traceback.extract_tb(error.__traceback__)[-1]
    return redact_text(f"{type(error).__name__} in {place.filename}, line {place.lineno}: {error}")


def _is_wanted(item: FleetItem) -> bool:
    tenants = Tenant.objects.filter(schema_name=item.schema_name).exclude(state__in=WITHOUT_SCHEMA)
    return tenants.exists() or WarmSchema.objects.filter(schema_name=item.schema_name).exists()
