import getpass
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from core.actor import SYSTEM
from core.errors import LiveryError
from core.tenancy import platform_context
from shared_apps.users.choices import PlatformRole
from shared_apps.users.services import user_create


class Command(BaseCommand):
    help = "Create a platform admin, such as the first one of an installation; asks for the password."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email")
        parser.add_argument("--name", required=True)
        parser.add_argument("--password-file", type=Path, help="Read the password from a file instead of asking.")

    def handle(self, *args: Any, email: str, name: str, password_file: Path | None, **options: Any) -> None:
        password = password_file.read_text().strip() if password_file else getpass.getpass()
        try:
            with platform_context():
                user_create(
                    email=email, name=name, password=password, roles=[PlatformRole.PLATFORM_ADMIN.value], actor=SYSTEM
                )
        except LiveryError as error:
            raise CommandError(str(error)) from error
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        self.stdout.write(f"{email} can sign in at the platform's address.")
