from django.apps import AppConfig


class TenantsConfig(AppConfig):
    name = "shared_apps.tenants"
    label = "tenants"

    def ready(self) -> None:
        from shared_apps.tenants import permissions, readiness, tasks  # noqa: F401
        from shared_apps.tenants.branding import permissions as branding_permissions  # noqa: F401
        from shared_apps.tenants.branding import wearing

        wearing.install()
