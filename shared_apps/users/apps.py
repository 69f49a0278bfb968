from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class UsersConfig(AppConfig):
    name = "shared_apps.users"
    label = "users"
    verbose_name = _("People")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from core.web import navigation
        from core.web.context_processors import HostKind
        from shared_apps.users import account_events, permissions, tasks  # noqa: F401

        account_events.connect()
        group = _("People and access")
        both: tuple[HostKind, ...] = ("tenant", "platform")
        navigation.register(
            group=group,
            label=_("People"),
            icon="users",
            url_name="users:person_list",
            on=both,
            action="users.view",
            order=800,
        )
        navigation.register(
            group=group,
            label=_("API keys"),
            icon="key-round",
            url_name="users:api_key_list",
            on=both,
            action="api_keys.view",
            order=810,
        )
        navigation.register(
            group=group, label=_("Your account"), icon="user", url_name="users:account", on=both, order=820
        )
