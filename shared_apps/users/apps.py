from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class UsersConfig(AppConfig):
    name = "shared_apps.users"
    label = "users"
    verbose_name = _("People")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from core.web import navigation, saved_views, search, settings_area
        from core.web.context_processors import HostKind
        from shared_apps.trail.selectors import action_names_register
        from shared_apps.users import account_events, first_steps, home, mail_samples, notices, permissions, tasks  # noqa: F401
        from shared_apps.users.finding import keys_found, people_found, roles_found
        from shared_apps.users.views.saved import PersonViews
        from shared_apps.users.words import HAPPENED

        account_events.connect()
        mail_samples.register()
        home.register()
        first_steps.register()
        notices.register()
        saved_views.register(PersonViews())
        action_names_register(HAPPENED)
        both: tuple[HostKind, ...] = ("tenant", "platform")
        navigation.register(
            group=_("Settings"), label=_("Your account"), icon="user", url_name="users:account", on=both, order=910
        )
        settings_area.register(
            label=_("People"),
            icon="users",
            url_name="users:person_list",
            action="users.view",
            on=both,
            order=30,
            about=_("invitations, disable, sign out, two-factor"),
        )
        settings_area.register(
            label=_("Roles"),
            icon="shield-check",
            url_name="users:role_list",
            action="roles.view",
            on=both,
            order=40,
            about=_("permissions, custom roles, who may do what"),
        )
        settings_area.register(
            label=_("Security"),
            icon="shield",
            url_name="users:security",
            action="security.view",
            on=both,
            order=50,
            about=_("two-factor, policy, sessions, sign-in history, passkeys"),
        )
        settings_area.register(
            label=_("API keys"),
            icon="key-round",
            url_name="users:api_key_list",
            action="api_keys.view",
            on=both,
            order=60,
            about=_("programs, scopes, tokens, REST"),
        )
        finders = (
            ("people", _("People"), "users", people_found, "users.view"),
            ("roles", _("Roles"), "shield-check", roles_found, "roles.view"),
            ("api_keys", _("API keys"), "key-round", keys_found, "api_keys.view"),
        )
        for order, (name, label, icon, find, action) in enumerate(finders, start=800):
            search.register(name, label=label, icon=icon, find=find, action=action, on=both, order=order)
