from django.apps import AppConfig


class CoreConfig(AppConfig):
    name = "core"
    label = "core"

    def ready(self) -> None:
        from core import checks  # noqa: F401
        from core.observability import logs, sentry, tasks

        logs.configure()
        sentry.start()
        tasks.connect()
