from django.apps import AppConfig


class EventsConfig(AppConfig):
    name = "tenant_apps.events"
    label = "events"

    def ready(self) -> None:
        from tenant_apps.events import permissions  # noqa: F401
