from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from core.actor import SYSTEM
from core.errors import LiveryError
from core.tenancy import TenantState, platform_context
from shared_apps.tenants.models import Tenant
from shared_apps.tenants.selectors import host_url, tenant_get, tenant_list
from shared_apps.tenants.services import (
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
    "suspend": tenant_suspend,
    "read-only": tenant_make_read_only,
    "resume": tenant_resume,
    "archive": tenant_archive,
}


class Command(BaseCommand):
    help = "Create, list, show and steer organisations."

    def add_arguments(self, parser: CommandParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        create = actions.add_parser("create", help="Create an organisation and invite its first administrator.")
        create.add_argument("slug")
        create.add_argument("--name", required=True)
        create.add_argument("--owner-email", required=True)
        create.add_argument("--owner-name", default="")
        create.add_argument("--cell", default="default", choices=sorted(settings.DATABASES))
        actions.add_parser("list", help="All organisations with their state and address.")
        for action in ("show", *_CHANGES, "delete"):
            one = actions.add_parser(action)
            one.add_argument("slug")
            if action != "show":
                one.add_argument("--reason", default="")
            if action == "delete":
                one.add_argument("--confirm", default="", help="The subdomain once more.")

    def handle(self, *args: Any, action: str, **options: Any) -> None:
        try:
            with platform_context():
                if action in _CHANGES:
                    self._change(action, options)
                else:
                    getattr(self, f"_{action}")(options)
        except LiveryError as error:
            raise CommandError(str(error)) from error

    def _create(self, options: dict[str, Any]) -> None:
        owner = Owner(email=options["owner_email"], name=options["owner_name"])
        tenant = tenant_request(
            slug=options["slug"], name=options["name"], owner=owner, actor=SYSTEM, cell=options["cell"]
        )
        self._line(tenant_provision(tenant=tenant))

    def _list(self, options: dict[str, Any]) -> None:
        for tenant in tenant_list():
            self._line(tenant)

    def _show(self, options: dict[str, Any]) -> None:
        tenant = tenant_get(slug=options["slug"])
        self._line(tenant)
        self.stdout.write(f"  id {tenant.id}, schema {tenant.schema_name}, cell {tenant.cell}")
        self.stdout.write(f"  epoch {tenant.epoch}, template step {tenant.template_step}")
        for change in tenant.state_changes.all():
            self.stdout.write(
                f"  {change.at:%Y-%m-%d %H:%M} {change.from_state} → {change.to_state}"
                f" by {change.actor_label} {change.reason}".rstrip()
            )

    def _change(self, action: str, options: dict[str, Any]) -> None:
        tenant = tenant_get(slug=options["slug"])
        self._line(_CHANGES[action](tenant=tenant, actor=SYSTEM, reason=options["reason"]))

    def _delete(self, options: dict[str, Any]) -> None:
        tenant = tenant_get(slug=options["slug"])
        if options["confirm"] != tenant.slug:
            raise CommandError(f"All data of {tenant.name} will be gone. Repeat with --confirm {tenant.slug}.")
        if tenant.state != TenantState.DELETING:
            tenant = tenant_delete(tenant=tenant, actor=SYSTEM, reason=options["reason"])
        tenant_purge(tenant=tenant)
        self.stdout.write(f"{tenant.name} was deleted.")

    def _line(self, tenant: Tenant) -> None:
        hosts = ", ".join(host_url(domain.domain) for domain in tenant.domains.all())
        self.stdout.write(f"{tenant.slug}  {tenant.state}  {tenant.name}  {hosts}")
