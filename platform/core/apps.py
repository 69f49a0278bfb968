from django.apps import AppConfig


class CoreConfig(AppConfig):
    name = "core"
    label = "core"

    def ready(self) -> None:
        from core import checks  # noqa: F401
        from core.observability import dependencies, logs, sentry, tasks  # noqa: F401

        logs.configure()
        sentry.start()
        tasks.connect()
