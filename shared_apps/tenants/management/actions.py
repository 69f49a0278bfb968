from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import InterfaceError, OperationalError

from core.errors import LiveryError
from core.tenancy import platform_context
from core.tenancy.errors import OwnerUnavailable


class ActionCommand(BaseCommand):
    """A command whose first argument names one of its methods; a refusal is a sentence and not a traceback."""

    def handle(self, *args: Any, action: str, **options: Any) -> None:
        """Run the action in the platform's context."""
        try:
            with platform_context():
                getattr(self, f"do_{action.replace('-', '_')}")(options)
        except (LiveryError, OwnerUnavailable) as error:
            raise CommandError(str(error)) from error
        except (OperationalError, InterfaceError) as error:
            reason = str(error).strip()
            raise CommandError(f"The database did not do it: {reason}. Run the same command again.") from error
