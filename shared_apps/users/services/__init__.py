from shared_apps.users.emails import normalise_email
from shared_apps.users.services.api_keys import api_key_create, api_key_note_use, api_key_revoke, api_key_rotate
from shared_apps.users.services.devices import device_sign_out
from shared_apps.users.services.handover import handover_claim, handover_token
from shared_apps.users.services.invitations import (
    invitation_accept,
    invitation_create,
    invitation_resend,
    invitation_revoke,
    invitations_create,
    owner_account_create,
)
from shared_apps.users.services.mail import mail_due, mail_queue, mail_send
from shared_apps.users.services.people import (
    password_set,
    require_password,
    sign_out_everywhere,
    unclaimed_discard,
    user_create,
    user_disable,
    user_enable,
    user_profile_change,
    user_roles_change,
)
from shared_apps.users.services.policy import sign_in_policy_change
from shared_apps.users.services.purging import purge_expired
from shared_apps.users.services.registration import (
    confirmation_send,
    registration_begin,
    registration_is_open,
)
from shared_apps.users.services.roles import role_change, role_create, role_delete
from shared_apps.users.services.saved_views import saved_view_delete, saved_view_save
from shared_apps.users.services.second_factor import second_factor_reset, second_factor_use
from shared_apps.users.services.sign_ins import method_of, sign_in_note
from shared_apps.users.services.tokens import TokenPair, token_family_end, token_issue, token_refresh

__all__ = [
    "TokenPair",
    "api_key_create",
    "api_key_note_use",
    "api_key_revoke",
    "api_key_rotate",
    "confirmation_send",
    "device_sign_out",
    "handover_claim",
    "handover_token",
    "invitation_accept",
    "invitation_create",
    "invitation_resend",
    "invitation_revoke",
    "invitations_create",
    "mail_due",
    "mail_queue",
    "mail_send",
    "method_of",
    "normalise_email",
    "owner_account_create",
    "password_set",
    "purge_expired",
    "registration_begin",
    "registration_is_open",
    "require_password",
    "role_change",
    "role_create",
    "role_delete",
    "saved_view_delete",
    "saved_view_save",
    "second_factor_reset",
    "second_factor_use",
    "sign_in_note",
    "sign_in_policy_change",
    "sign_out_everywhere",
    "token_family_end",
    "token_issue",
    "token_refresh",
    "unclaimed_discard",
    "user_create",
    "user_disable",
    "user_enable",
    "user_profile_change",
    "user_roles_change",
]
