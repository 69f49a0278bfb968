from typing import Any

import psycopg2
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import OperationalError

from core.errors import LiveryError
from core.tenancy import cursor, platform_context
from core.tenancy.context import PLATFORM_CELL
from shared_apps.tenants.cluster import Principal, cell_prepare, require_durable


class Command(BaseCommand):
    help = "Prepare the roles and the database of a cell (as a superuser), or check that they fit."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("action", choices=["prepare", "check"])
        parser.add_argument("--cell", default=PLATFORM_CELL)

    def handle(self, *args: Any, action: str, cell: str, **options: Any) -> None:
        try:
            self._prepare(cell) if action == "prepare" else self._check()
        except LiveryError as error:
            raise CommandError(str(error)) from error
        except (psycopg2.OperationalError, OperationalError) as error:
            raise CommandError(f"The server cannot be used: {str(error).strip()}") from error

    def _prepare(self, cell: str) -> None:
        if cell not in settings.DATABASES:
            raise CommandError(f"There is no cell {cell}. Known: {', '.join(settings.DATABASES)}.")
        values = settings.DATABASES[cell]
        if not values["ADMIN_URL"]:
            raise CommandError("Set DATABASE_ADMIN_URL to the server's address with a superuser's name and password.")
        if not values["OWNER"]["USER"]:
            raise CommandError("Set DATABASE_OWNER_URL: the owner's login is created too.")
        cell_prepare(
            admin_url=values["ADMIN_URL"],
            database=values["NAME"],
            application=Principal(values["USER"], values["PASSWORD"]),
            owner=Principal(values["OWNER"]["USER"], values["OWNER"]["PASSWORD"]),
        )
        self.stdout.write(f"The database {values['NAME']} of the cell {cell} is ready to migrate.")

    def _check(self) -> None:
        with platform_context(), cursor() as opened:
            require_durable(opened)
            opened.execute("SELECT current_user, version()")
            self.stdout.write("Reached as {}: {}".format(*opened.fetchone()))
