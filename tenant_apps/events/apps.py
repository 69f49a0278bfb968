from django.apps import AppConfig


class EventsConfig(AppConfig):
    name = "tenant_apps.events"
    label = "events"

    def ready(self) -> None:
        from core.events import register_writer
        from tenant_apps.events import permissions, tasks  # noqa: F401
        from tenant_apps.events.services import event_write

        register_writer(event_write)
