from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class NotificationsConfig(AppConfig):
    name = "tenant_apps.notifications"
    label = "notifications"
    verbose_name = _("Notifications")

    def ready(self) -> None:
        from core.notifications import register_teller
        from core.web.letters import register_sample
        from tenant_apps.notifications import permissions, tasks  # noqa: F401
        from tenant_apps.notifications.services import event_tell

        register_teller(event_tell)
        register_sample(
            "notifications/mail/notice",
            "Notification",
            {
                "text": "Inês Duarte has accepted your invitation.",
                "link": "/people/",
                "preferences": "/notifications/preferences/",
            },
        )
