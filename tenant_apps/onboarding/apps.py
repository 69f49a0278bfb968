from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class OnboardingConfig(AppConfig):
    name = "tenant_apps.onboarding"
    label = "onboarding"
    verbose_name = _("First steps")

    def ready(self) -> None:
        from tenant_apps.onboarding import home

        home.register()
