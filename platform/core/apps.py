from django.apps import AppConfig


class CoreConfig(AppConfig):
    name = "core"
    label = "core"

    def ready(self) -> None:
        from django.utils.translation import gettext_lazy as _

        from core import checks  # noqa: F401
        from core.observability import dependencies, logs, sentry, tasks  # noqa: F401
        from core.web import navigation

        logs.configure()
        sentry.start()
        tasks.connect()
        # Without a group it stands above them all.
        navigation.register(
            group="", label=_("Home"), icon="house", url_name="home", on=("tenant", "platform"), order=0
        )
