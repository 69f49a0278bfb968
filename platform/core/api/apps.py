from django.apps import AppConfig


class ApiConfig(AppConfig):
    name = "core.api"
    label = "api"

    def ready(self) -> None:
        from core.api import cors, openapi  # noqa: F401

        cors.connect()
