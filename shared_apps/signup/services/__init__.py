from shared_apps.signup.services.beginning import Begun, Wish, password_prepare, sign_up_begin
from shared_apps.signup.services.confirming import code_resend, sign_up_confirm, sign_up_rename
from shared_apps.signup.services.housekeeping import sign_ups_purge
from shared_apps.signup.services.limits import require_points
from shared_apps.signup.services.provisioning import hand_over_token, sign_up_provision, sign_up_retry

__all__ = [
    "Begun",
    "Wish",
    "code_resend",
    "hand_over_token",
    "password_prepare",
    "require_points",
    "sign_up_begin",
    "sign_up_confirm",
    "sign_up_provision",
    "sign_up_rename",
    "sign_up_retry",
    "sign_ups_purge",
]
