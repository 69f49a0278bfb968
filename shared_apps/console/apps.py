from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ConsoleConfig(AppConfig):
    name = "shared_apps.console"
    label = "console"
    verbose_name = _("Console")

    def ready(self) -> None:
        from core.web import navigation
        from shared_apps.console import permissions, tasks  # noqa: F401

        navigation.register(
            group=_("Organisations"),
            label=_("Organisations"),
            icon="building-2",
            url_name="console:tenant_list",
            on=("platform",),
            action="tenants.view",
            order=100,
        )
