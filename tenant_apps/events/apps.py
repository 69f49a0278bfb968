from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class EventsConfig(AppConfig):
    name = "tenant_apps.events"
    label = "events"
    verbose_name = _("Events")

    def ready(self) -> None:
        from core import backlogs
        from core.events import register_writer
        from core.web import navigation
        from tenant_apps.events import permissions, tasks  # noqa: F401
        from tenant_apps.events.backlog import EVENTS
        from tenant_apps.events.services import event_write

        backlogs.register(EVENTS)
        register_writer(event_write)
        navigation.register(
            group=_("Operations"),
            label=_("Events"),
            icon="activity",
            url_name="events:event_list",
            on=("tenant", "platform"),
            action="events.view",
            order=910,
        )
