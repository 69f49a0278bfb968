from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ProofsConfig(AppConfig):
    name = "tenant_apps.proofs"
    label = "proofs"
    verbose_name = _("Proofs")
