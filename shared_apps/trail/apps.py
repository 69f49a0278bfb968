from django.apps import AppConfig


class TrailConfig(AppConfig):
    name = "shared_apps.trail"
    label = "trail"

    def ready(self) -> None:
        from shared_apps.trail import permissions  # noqa: F401
