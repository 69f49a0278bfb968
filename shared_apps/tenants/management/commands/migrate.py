from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.core.management.commands.migrate import Command as DjangoMigrate

from core.errors import LiveryError
from core.tenancy.backend.base import owner_context
from core.tenancy.context import PLATFORM_CELL, PLATFORM_SCHEMA
from core.tenancy.errors import OwnerUnavailable
from shared_apps.tenants.fleet.locks import MIGRATE, held
from shared_apps.tenants.fleet.recording import template_record
from shared_apps.tenants.fleet.runs import FleetPaused
from shared_apps.tenants.fleet.waves import fleet_migrate
from shared_apps.tenants.invalidation import announce
from shared_apps.tenants.models import FleetRun


class Command(DjangoMigrate):
    help = "Migrate the platform's tables, record new migrations on the template, and replay them over the fleet."
    # Checks of the database need the tables that this command creates.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--no-fleet", action="store_true", help="Leave existing organisations for `fleet migrate`.")

    def handle(self, *args: Any, no_fleet: bool = False, **options: Any) -> None:
        try:
            # Another process that migrates is waited for; there is nothing left to do then.
            with held(MIGRATE, wait=True):
                with owner_context(cell=PLATFORM_CELL, schema=PLATFORM_SCHEMA):
                    super().handle(*args, **options)
                if options.get("plan") or options.get("check_unapplied") or options.get("app_label"):
                    return
                self._record(verbose=options["verbosity"] > 1)
                if not no_fleet:
                    self._migrate_fleet()
        except (LiveryError, OwnerUnavailable) as error:
            raise CommandError(str(error)) from error

    def _record(self, *, verbose: bool) -> None:
        new = template_record(report=self.stdout.write if verbose else lambda line: None)
        announce()
        if new:
            self.stdout.write(f"Recorded {new} new steps of the tenants' template.")

    def _migrate_fleet(self) -> None:
        try:
            report = fleet_migrate()
        except FleetPaused as paused:
            self.stdout.write(str(paused))
            return
        self.stdout.write(str(report))
        if report.state != FleetRun.State.FINISHED:
            raise CommandError("Some organisations were not migrated; nothing of theirs was changed. Run it again.")
