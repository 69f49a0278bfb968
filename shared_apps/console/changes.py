from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy as _

from core.tenancy import TenantState
from core.tenancy.lifecycle import TRANSITIONS
from shared_apps.tenants.services import (
    RESUMABLE,
    tenant_archive,
    tenant_delete,
    tenant_make_read_only,
    tenant_resume,
    tenant_suspend,
)

if TYPE_CHECKING:
    from shared_apps.tenants.models import Tenant


@dataclass(frozen=True, slots=True)
class Change:
    """What an administrator may do to an organisation, and what it will mean."""

    code: str
    label: Any
    effect: Any
    service: "Callable[..., Tenant]"
    to: TenantState | None
    action: str = "tenants.change_state"
    # Whether people are cut off by it.
    is_hard: bool = False

    def fits(self, tenant: "Tenant") -> bool:
        """Whether the organisation's state allows it."""
        state = TenantState(tenant.state)
        return state in RESUMABLE if self.to is None else self.to in TRANSITIONS[state]


CHANGES = {
    change.code: change
    for change in (
        Change(
            "resume",
            _("Resume"),
            _("People and programs are served again, as before."),
            tenant_resume,
            None,
        ),
        Change(
            "read-only",
            _("Make read-only"),
            _("People can read and export, but change nothing."),
            tenant_make_read_only,
            TenantState.READ_ONLY,
        ),
        Change(
            "suspend",
            _("Suspend"),
            _("People cannot sign in and programs are refused. Nothing is lost."),
            tenant_suspend,
            TenantState.SUSPENDED,
            is_hard=True,
        ),
        Change(
            "archive",
            _("Archive"),
            _("Closed for everybody. The data stays."),
            tenant_archive,
            TenantState.ARCHIVED,
            is_hard=True,
        ),
        Change(
            "delete",
            _("Delete"),
            _("All data is removed within minutes. This cannot be undone."),
            tenant_delete,
            TenantState.DELETING,
            "tenants.delete",
            is_hard=True,
        ),
    )
}
