from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SignUpConfig(AppConfig):
    name = "shared_apps.signup"
    label = "signup"
    verbose_name = _("Sign-up")

    def ready(self) -> None:
        from shared_apps.signup import mail_samples, tasks  # noqa: F401

        mail_samples.register()
