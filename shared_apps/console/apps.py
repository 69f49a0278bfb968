from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ConsoleConfig(AppConfig):
    name = "shared_apps.console"
    label = "console"
    verbose_name = _("Console")

    def ready(self) -> None:
        from core.web import navigation, search
        from shared_apps.console import permissions, tasks  # noqa: F401
        from shared_apps.console.finding import find_organisations

        for label, icon, name, action, order in (
            (_("Overview"), "chart-no-axes-column", "overview", "console.view", 90),
            (_("Organisations"), "building-2", "tenant_list", "tenants.view", 100),
            (_("Fleet"), "layers", "fleet", "fleet.view", 110),
            (_("Queues"), "clock", "queue_list", "console.view", 120),
            (_("Health"), "heart", "health", "console.view", 130),
        ):
            navigation.register(
                group=_("Platform"),
                label=label,
                icon=icon,
                url_name=f"console:{name}",
                on=("platform",),
                action=action,
                order=order,
            )
        search.register(
            "organisations",
            label=_("Organisations"),
            icon="building-2",
            find=find_organisations,
            action="tenants.view",
            on=("platform",),
            order=10,
        )
