"""Fleet migrations: all schemas to the template's last step, wave after wave, each schema whole or not at all."""

import time
import traceback
from collections.abc import Sequence

import psycopg2
import structlog
from django.db import DatabaseError
from django.db.models import F
from django.db.models.functions import Now

from core.errors import LiveryError
from core.observability.redaction import redact_text
from core.tenancy import atomic, platform_context
from shared_apps.tenants.fleet.locks import FLEET, held
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
# SQLSTATE: lock not available, deadlock, serialization failure: somebody was in the way.
_CONTENDED = frozenset({"55P03", "40P01", "40001"})
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


def _run_wave(run: FleetRun, wave: int, pack: Pack) -> bool:
    todo = list(run.items.filter(wave=wave, state__in=[FleetItem.State.PENDING, FleetItem.State.FAILED]).order_by("id"))
    for attempt in range(_ATTEMPTS):
        time.sleep(_PAUSE_SECONDS * attempt)
        contended = []
        for item in todo:
            if not run_goes_on(run):
                return False
            error = _migrate(item, pack)
            if error is not None and not _is_contended(error):
                return False
            if error is not None:
                contended.append(item)
        todo = contended
        if not todo:
            return True
    return False


def _migrate(item: FleetItem, pack: Pack) -> Exception | None:
    began = time.perf_counter()
    try:
        schema_upgrade(cell=item.cell, schema=item.schema_name, pack=pack)
    except Exception as error:  # noqa: BLE001  a migration's own code may raise anything, and the others must know
        reason = _reason(error)
        _log.warning("fleet_item_failed", schema=item.schema_name, reason=reason)
        if not _is_wanted(item):
            _keep(item, FleetItem.State.SKIPPED, error="The organisation is gone.", began=began)
            return None
        _keep(item, FleetItem.State.FAILED, error=reason, began=began)
        return error
    _keep(item, FleetItem.State.DONE, error="", began=began, version=pack.version)
    return None


def _is_contended(error: Exception) -> bool:
    return getattr(error.__cause__, "pgcode", None) in _CONTENDED


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


@atomic()
def _keep(item: FleetItem, state: str, *, error: str, began: float, version: int = 0) -> None:
    FleetItem.objects.filter(pk=item.pk).exclude(state=FleetItem.State.SKIPPED).update(
        state=state,
        error=error,
        attempts=F("attempts") + 1,
        milliseconds=round((time.perf_counter() - began) * 1000),
        finished_at=Now(),
    )
    # In this order: a warm schema that is taken at this moment is found with its tenant.
    for table in (WarmSchema, Tenant):
        table.objects.filter(schema_name=item.schema_name, template_step__lt=version).update(template_step=version)
