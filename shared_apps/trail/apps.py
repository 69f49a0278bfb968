from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class TrailConfig(AppConfig):
    name = "shared_apps.trail"
    label = "trail"
    verbose_name = _("Trail")

    def ready(self) -> None:
        from core.web import navigation
        from shared_apps.trail import permissions  # noqa: F401

        navigation.register(
            group=_("People and access"),
            label=_("Trail"),
            icon="history",
            url_name="trail:entry_list",
            on=("tenant", "platform"),
            action="trail.view",
            order=830,
        )
