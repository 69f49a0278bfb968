from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class OrganisationConfig(AppConfig):
    name = "shared_apps.organisation"
    label = "organisation"
    verbose_name = _("Organisation")

    def ready(self) -> None:
        from core.web import navigation, search, settings_area
        from shared_apps.organisation import permissions  # noqa: F401
        from shared_apps.organisation.finding import settings_pages

        navigation.register(
            group=_("Settings"),
            label=_("Settings"),
            icon="settings",
            url_name="settings",
            on=("tenant", "platform"),
            order=900,
            area=settings_area.links,
        )
        settings_area.register(
            label=_("Organisation"),
            icon="building-2",
            url_name="organisation:organisation",
            action="organisation.view",
            order=10,
            about=_("legal name, registration, tax, VAT, address, currency, fiscal year, time zone, locale, week"),
        )
        settings_area.register(
            label=_("Brand"),
            icon="palette",
            url_name="brand:edit",
            action="brand.view",
            order=20,
            about=_("logo, colours, fonts, dark mode, e-mail sender, legal texts, imprint, privacy, terms"),
        )
        search.register(
            "settings",
            label=_("Settings"),
            icon="settings",
            find=settings_pages,
            on=("tenant", "platform"),
            order=900,
        )
