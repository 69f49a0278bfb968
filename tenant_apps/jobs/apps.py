from django.apps import AppConfig


class JobsConfig(AppConfig):
    name = "tenant_apps.jobs"
    label = "jobs"

    def ready(self) -> None:
        from tenant_apps.jobs import permissions, tasks  # noqa: F401
