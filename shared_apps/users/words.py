from django.apps import apps
from django.utils.translation import gettext_lazy

# What happens by itself or beside an action of its own, as the trail names it.
HAPPENED = {
    "api_keys.rotate": gettext_lazy("Replace an API key"),
    "roles.create": gettext_lazy("Make a role"),
    "roles.delete": gettext_lazy("Delete a role"),
    "security.edit": gettext_lazy("Change the sign-in policy"),
    "users.reset_second_factor": gettext_lazy("Reset a second factor"),
    "users.accept_invitation": gettext_lazy("Accept an invitation"),
    "users.add_second_factor": gettext_lazy("Add a second factor"),
    "users.change_email": gettext_lazy("Change an e-mail address"),
    "users.change_profile": gettext_lazy("Change a profile"),
    "users.confirm_email": gettext_lazy("Confirm an e-mail address"),
    "users.create": gettext_lazy("Add a person"),
    "users.enable": gettext_lazy("Enable a person"),
    "users.end_token_family": gettext_lazy("Sign a program out"),
    "users.remove_second_factor": gettext_lazy("Remove a second factor"),
    "users.resend_invitation": gettext_lazy("Send an invitation again"),
    "users.revoke_invitation": gettext_lazy("Take an invitation back"),
    "users.set_password": gettext_lazy("Set a password"),
    "users.sign_in": gettext_lazy("Sign in"),
    "users.sign_out_device": gettext_lazy("Sign out at one place"),
    "users.sign_out_everywhere": gettext_lazy("Sign out everywhere"),
    "users.invite": gettext_lazy("Invite a person"),
}


# Rooms that are part of an app, and are called otherwise than it.
_ROOMS = {
    "api_keys": gettext_lazy("API keys"),
    "roles": gettext_lazy("Roles"),
    "security": gettext_lazy("Security"),
    "sign_ins": gettext_lazy("Sign-ins"),
}


def room_label(code: str) -> str:
    """What the room of an action is called, by the beginning of its code."""
    room = code.partition(".")[0]
    if room in _ROOMS:
        return str(_ROOMS[room])
    for config in apps.get_app_configs():
        if config.label == room:
            return str(config.verbose_name)
    return room.replace("_", " ").capitalize()
