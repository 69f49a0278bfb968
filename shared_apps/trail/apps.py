from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class TrailConfig(AppConfig):
    name = "shared_apps.trail"
    label = "trail"
    verbose_name = _("Trail")

    def ready(self) -> None:
        from core.web import settings_area
        from shared_apps.trail import home, permissions  # noqa: F401
        from shared_apps.trail.selectors import action_names_register

        home.register()
        action_names_register({"trail.export": _("Take the audit trail as a file")})
        settings_area.register(
            label=_("Audit trail"),
            icon="history",
            url_name="trail:entry_list",
            action="trail.view",
            on=("tenant", "platform"),
            order=70,
            about=_("history, who did what, changes, log, export"),
        )
