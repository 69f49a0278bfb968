from typing import Any

from django.core.management.base import CommandError, CommandParser

from core.actor import SYSTEM
from core.tenancy import TenantState
from core.tenancy.context import PLATFORM_CELL
from shared_apps.tenants.management.actions import ActionCommand
from shared_apps.tenants.models import Tenant
from shared_apps.tenants.names import slug_taken
from shared_apps.tenants.selectors import host_url, tenant_get, tenant_list
from shared_apps.tenants.services import (
    UNBORN,
    Owner,
    tenant_archive,
    tenant_delete,
    tenant_make_read_only,
    tenant_provision,
    tenant_purge,
    tenant_request,
    tenant_resume,
    tenant_suspend,
)

_CHANGES = {
    "suspend": (tenant_suspend, "Stop serving it; nothing is lost."),
    "read-only": (tenant_make_read_only, "Let its people read, but change nothing."),
    "resume": (tenant_resume, "Lead it back from suspended, read-only or archived."),
    "archive": (tenant_archive, "Close it and keep its data."),
}


class Command(ActionCommand):
    help = "Create, list, show and steer organisations."

    def add_arguments(self, parser: CommandParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        create = actions.add_parser("create", help="Create an organisation, or finish an interrupted creation.")
        create.add_argument("slug", help="The subdomain.")
        create.add_argument("--name", required=True)
        create.add_argument("--owner-email", required=True, help="Who is invited as the first administrator.")
        create.add_argument("--owner-name", default="")
        create.add_argument("--cell", default=PLATFORM_CELL)
        actions.add_parser("list", help="All organisations with their state and address.")
        self._add_one(actions, "show", "One organisation with its history.")
        for action, (_service, text) in _CHANGES.items():
            self._add_one(actions, action, text).add_argument("--reason", default="")
        delete = self._add_one(actions, "delete", "Remove an archived organisation with all of its data.")
        delete.add_argument("--reason", default="")
        delete.add_argument("--confirm", default="", help="The subdomain once more.")

    def do_create(self, options: dict[str, Any]) -> None:
        """Create, or go on with a creation that was interrupted."""
        begun = Tenant.objects.filter(slug=options["slug"].strip().lower(), state__in=UNBORN).first()
        if begun is not None and begun.name != options["name"]:
            raise slug_taken(begun.slug)
        tenant = begun or tenant_request(
            slug=options["slug"],
            name=options["name"],
            owner=Owner(email=options["owner_email"], name=options["owner_name"]),
            actor=SYSTEM,
            cell=options["cell"],
        )
        self._write(tenant_provision(tenant=tenant))

    def do_list(self, options: dict[str, Any]) -> None:
        """One line for each."""
        for tenant in tenant_list():
            self._write(tenant)

    def do_show(self, options: dict[str, Any]) -> None:
        """All that operators need to know."""
        tenant = tenant_get(slug=options["slug"])
        self._write(tenant)
        self.stdout.write(f"  id {tenant.id}, schema {tenant.schema_name}, cell {tenant.cell}")
        self.stdout.write(f"  epoch {tenant.epoch}, template step {tenant.template_step}")
        for change in tenant.state_changes.all():
            self.stdout.write(
                f"  {change.at:%Y-%m-%d %H:%M} {change.from_state} → {change.to_state}"
                f" by {change.actor_label} {change.reason}".rstrip()
            )

    def do_suspend(self, options: dict[str, Any]) -> None:
        """Change the state as the action says."""
        service, _text = _CHANGES[options["change"]]
        tenant = tenant_get(slug=options["slug"])
        self._write(service(tenant=tenant, actor=SYSTEM, reason=options["reason"]))

    do_read_only = do_resume = do_archive = do_suspend

    def do_delete(self, options: dict[str, Any]) -> None:
        """Begin the deletion, or go on with one that was interrupted."""
        tenant = tenant_get(slug=options["slug"])
        if options["confirm"] != tenant.slug:
            raise CommandError(f"All data of {tenant.name} will be gone. Repeat with --confirm {tenant.slug}.")
        if tenant.state != TenantState.DELETING:
            tenant = tenant_delete(tenant=tenant, actor=SYSTEM, reason=options["reason"])
        tenant_purge(tenant=tenant)
        self.stdout.write(f"{tenant.name} was deleted.")

    def _add_one(self, actions: Any, action: str, text: str) -> Any:
        parser = actions.add_parser(action, help=text)
        parser.add_argument("slug", help="The subdomain.")
        parser.set_defaults(change=action)
        return parser

    def _write(self, tenant: Tenant) -> None:
        hosts = ", ".join(host_url(domain.domain) for domain in tenant.domains.all())
        self.stdout.write(f"{tenant.slug}  {tenant.state}  {tenant.name}  {hosts}")
