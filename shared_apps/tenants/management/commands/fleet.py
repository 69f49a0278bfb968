from typing import Any

from django.core.management.base import CommandError, CommandParser

from core.actor import SYSTEM
from core.tenancy.context import PLATFORM_CELL
from shared_apps.tenants.fleet.replay import pack_get
from shared_apps.tenants.fleet.runs import FleetReport, fleet_lagging, run_last, run_report
from shared_apps.tenants.fleet.verification import fleet_verify
from shared_apps.tenants.fleet.warm import POOL_SIZE, warm_fill
from shared_apps.tenants.fleet.waves import DEFAULT_WAVES, fleet_migrate
from shared_apps.tenants.management.actions import ActionCommand
from shared_apps.tenants.models import FleetItem, FleetRun, WarmSchema
from shared_apps.tenants.selectors import tenant_get
from shared_apps.tenants.services import fleet_pause, fleet_resume, fleet_skip


class Command(ActionCommand):
    help = "Watch and change the tables of all organisations."

    def add_arguments(self, parser: CommandParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        actions.add_parser("status", help="The newest version, who lags behind, and the last run with its failures.")
        migrate = actions.add_parser("migrate", help="Bring all to the newest version; try again what failed.")
        migrate.add_argument("--waves", default=",".join(map(str, DEFAULT_WAVES)), help="Percent, such as 1,10,100.")
        pause = actions.add_parser("pause", help="Stop after the organisation that is being migrated.")
        pause.add_argument("--reason", required=True)
        actions.add_parser("resume", help="Take the pause back and go on.")
        skip = actions.add_parser("skip", help="Leave one organisation out of the open run.")
        skip.add_argument("slug")
        skip.add_argument("--reason", required=True)
        actions.add_parser("verify", help="Compare the template and every schema with what was recorded.")
        warm = actions.add_parser("warm", help="Build schemas in advance, so that sign-up takes one.")
        warm.add_argument("--size", type=int, default=POOL_SIZE)
        warm.add_argument("--cell", default=PLATFORM_CELL)

    def do_status(self, options: dict[str, Any]) -> None:
        """What is recorded, who lags, how the last run went."""
        pack = pack_get()
        self.stdout.write(f"Newest version: step {pack.version}, checksum {pack.checksum[:12]}")
        self.stdout.write(f"Organisations and warm schemas that lag: {len(fleet_lagging(pack.version))}")
        self.stdout.write(f"Warm schemas ready: {WarmSchema.objects.filter(template_step=pack.version).count()}")
        run = run_last()
        if run is None:
            return
        self.stdout.write(f"Last run: to step {run.target_step}, begun {run.started_at:%Y-%m-%d %H:%M}")
        self.stdout.write(f"  {run_report(run)}")
        for item in run.items.filter(state__in=[FleetItem.State.FAILED, FleetItem.State.SKIPPED]):
            self.stdout.write(f"  {item.schema_name} {item.state}, {item.attempts} attempts: {item.error}")

    def do_migrate(self, options: dict[str, Any]) -> None:
        """Open a run, or go on with the open one."""
        self._write(fleet_migrate(waves=_numbers(options["waves"])))

    def do_pause(self, options: dict[str, Any]) -> None:
        """Stop the open run."""
        fleet_pause(reason=options["reason"], actor=SYSTEM)
        self.stdout.write("The run stops after the organisation that it is at.")

    def do_resume(self, options: dict[str, Any]) -> None:
        """Go on with a paused run."""
        fleet_resume(actor=SYSTEM)
        self._write(fleet_migrate())

    def do_skip(self, options: dict[str, Any]) -> None:
        """Leave one out."""
        tenant = tenant_get(slug=options["slug"])
        fleet_skip(schema=str(tenant.schema_name), reason=options["reason"], actor=SYSTEM)
        self.stdout.write(f"{tenant.name} is left out of this run: it answers 503 until a later one includes it.")

    def do_verify(self, options: dict[str, Any]) -> None:
        """Find drift."""
        checked, drifts = fleet_verify()
        for drift in drifts:
            self.stdout.write(f"{drift.schema} ({drift.cell}) differs:")
            self.stdout.writelines(f"  {line}" for line in drift.lines)
        if drifts:
            raise CommandError(f"{len(drifts)} of {checked} schemas differ from what was recorded.")
        self.stdout.write(f"All {checked} schemas are as recorded.")

    def do_warm(self, options: dict[str, Any]) -> None:
        """Fill the pool."""
        built = warm_fill(size=options["size"], cell=options["cell"])
        self.stdout.write(f"Built {built} schemas.")

    def _write(self, report: FleetReport) -> None:
        if report.run is not None and report.state != FleetRun.State.FINISHED:
            raise CommandError(f"{report} What failed was left as it was. `fleet migrate` tries it again.")
        self.stdout.write(str(report))


def _numbers(text: str) -> list[int]:
    try:
        return [int(part) for part in text.split(",")]
    except ValueError as error:
        raise CommandError("Give the waves as whole percentages, such as 1,10,100.") from error
