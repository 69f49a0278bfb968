from collections.abc import Iterator
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from core.actor import SYSTEM
from core.errors import LiveryError
from core.tenancy import TenantRef, directory, platform_context, tenant_context
from core.tenancy.tasks import LIVE
from shared_apps.tenants.selectors import tenant_get
from tenant_apps.accounting.services import ledger_check, ledger_fold


class Command(BaseCommand):
    help = "Check the books of one organisation or of all, or fold their hot accounts now."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("action", choices=["check", "fold"])
        whose = parser.add_mutually_exclusive_group(required=True)
        whose.add_argument("--tenant", help="The subdomain.")
        whose.add_argument("--all", action="store_true")

    def handle(self, *args: Any, action: str, **options: Any) -> None:
        """Run the action for each organisation; ends with an error where a book is wrong."""
        wrong = 0
        for tenant in _tenants(options["tenant"]):
            with tenant_context(tenant):
                if action == "fold":
                    self.stdout.write(f"{tenant.slug}  {ledger_fold()} lines folded")
                    continue
                breaks = ledger_check(actor=SYSTEM)
            self.stdout.write(f"{tenant.slug}  {'in order' if not breaks else f'{len(breaks)} findings'}")
            for one in breaks:
                self.stdout.write(f"  {one}")
            wrong += bool(breaks)
        if wrong:
            raise CommandError(f"Wrong are the books of {wrong} organisation{'' if wrong == 1 else 's'}.")


def _tenants(slug: str | None) -> Iterator[TenantRef]:
    if slug is None:
        with platform_context():
            found = list(directory().refs(LIVE))
        yield from found
        return
    try:
        with platform_context():
            identity = tenant_get(slug=slug).id
    except LiveryError as error:
        raise CommandError(f"There is no organisation {slug}.") from error
    yield directory().by_uuid(identity)
