from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SignUpConfig(AppConfig):
    name = "shared_apps.signup"
    label = "signup"
    verbose_name = _("Sign-up")

    def ready(self) -> None:
        from shared_apps.signup import tasks  # noqa: F401
