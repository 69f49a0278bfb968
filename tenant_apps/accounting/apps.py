from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AccountingConfig(AppConfig):
    name = "tenant_apps.accounting"
    label = "accounting"
    verbose_name = _("Accounting")

    def ready(self) -> None:
        from tenant_apps.accounting import permissions, tasks  # noqa: F401
