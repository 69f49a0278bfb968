from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.core.management.commands.migrate import Command as DjangoMigrate

from core.errors import LiveryError
from core.tenancy.backend.base import owner_context
from core.tenancy.context import PLATFORM_CELL, PLATFORM_SCHEMA
from shared_apps.tenants.fleet.recording import template_record
from shared_apps.tenants.fleet.waves import fleet_migrate
from shared_apps.tenants.invalidation import announce


class Command(DjangoMigrate):
    help = "Migrate the platform's tables, record new migrations on the template, and replay them over the fleet."
    # Checks of the database need the tables that this command creates.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--no-fleet", action="store_true", help="Leave existing organisations for `fleet migrate`.")

    def handle(self, *args: Any, no_fleet: bool = False, **options: Any) -> None:
        with owner_context(cell=PLATFORM_CELL, schema=PLATFORM_SCHEMA):
            super().handle(*args, **options)
        if options.get("plan") or options.get("check_unapplied") or options.get("app_label"):
            return
        try:
            report = self.stdout.write if options["verbosity"] > 1 else lambda line: None
            new = template_record(report=report)
            announce()
            if new:
                self.stdout.write(f"Recorded {new} new steps of the tenants' template.")
            if not no_fleet:
                self.stdout.write(str(fleet_migrate()))
        except LiveryError as error:
            raise CommandError(str(error)) from error
