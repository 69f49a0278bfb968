from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from core.errors import LiveryError
from core.tenancy import platform_context
from shared_apps.tenants.fleet.replay import pack_get
from shared_apps.tenants.fleet.verification import fleet_verify
from shared_apps.tenants.fleet.warm import warm_fill
from shared_apps.tenants.fleet.waves import DEFAULT_WAVES, fleet_migrate, fleet_pending
from shared_apps.tenants.models import FleetItem, FleetRun, WarmSchema


class Command(BaseCommand):
    help = "Watch and change the tables of all organisations."

    def add_arguments(self, parser: CommandParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        actions.add_parser("status", help="The newest version, who lags behind, and the last run with its failures.")
        migrate = actions.add_parser("migrate", help="Bring every organisation to the newest version, in waves.")
        migrate.add_argument("--waves", default=",".join(map(str, DEFAULT_WAVES)), help="Percent, such as 1,10,100.")
        actions.add_parser("verify", help="Compare every schema with the template.")
        warm = actions.add_parser("warm", help="Build schemas in advance, so that sign-up takes one.")
        warm.add_argument("--size", type=int, default=10)
        warm.add_argument("--cell", default="default")

    def handle(self, *args: Any, action: str, **options: Any) -> None:
        try:
            getattr(self, f"_{action}")(options)
        except LiveryError as error:
            raise CommandError(str(error)) from error

    def _status(self, options: dict[str, Any]) -> None:
        pack = pack_get()
        with platform_context():
            self.stdout.write(f"Newest version: step {pack.version}, checksum {pack.checksum[:12] or '-'}")
            self.stdout.write(f"Organisations and warm schemas that lag: {fleet_pending(pack.version)}")
            self.stdout.write(f"Warm schemas ready: {WarmSchema.objects.filter(template_step=pack.version).count()}")
            run = FleetRun.objects.first()
            if run is None:
                return
            self.stdout.write(f"Last run: {run.state}, to step {run.target_step}, from {run.started_at:%Y-%m-%d %H:%M}")
            for item in run.items.filter(state=FleetItem.State.FAILED):
                self.stdout.write(f"  {item.schema_name} failed {item.attempts} times: {item.error}")

    def _migrate(self, options: dict[str, Any]) -> None:
        report = fleet_migrate(waves=_percentages(options["waves"]))
        self.stdout.write(str(report))
        if report.failed:
            raise CommandError("Some organisations were not migrated; nothing of theirs was changed. Run it again.")

    def _verify(self, options: dict[str, Any]) -> None:
        checked, drifts = fleet_verify()
        for drift in drifts:
            self.stdout.write(f"{drift.schema} ({drift.cell}) differs from the template:")
            self.stdout.writelines(f"  {line}" for line in drift.lines)
        if drifts:
            raise CommandError(f"{len(drifts)} of {checked} schemas differ from the template.")
        self.stdout.write(f"All {checked} schemas are like the template.")

    def _warm(self, options: dict[str, Any]) -> None:
        built = warm_fill(size=options["size"], cell=options["cell"])
        self.stdout.write(f"Built {built} schemas; {options['size']} are ready.")


def _percentages(text: str) -> list[int]:
    try:
        waves = [int(part) for part in text.split(",")]
    except ValueError as error:
        raise CommandError("Give the waves as whole percentages, such as 1,10,100.") from error
    if waves != sorted(set(waves)) or waves[-1] != 100 or waves[0] < 1:
        raise CommandError("The waves must rise and end at 100.")
    return waves
