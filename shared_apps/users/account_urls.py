"""The pages of allauth that this product has, one by one: what is not listed does not exist."""

from allauth.account import views as account
from allauth.mfa.base import views as factors
from allauth.mfa.recovery_codes import views as recovery_codes
from allauth.mfa.totp import views as totp
from allauth.mfa.webauthn import views as passkeys
from django.urls import path, re_path

from shared_apps.users.views.account import ConfirmEmail, ResetPassword
from shared_apps.users.views.account import account_page as page
from shared_apps.users.views.handover import arrive
from shared_apps.users.views.registration import register

urlpatterns = [
    path("sign-in/", page(account.login), name="account_login"),
    path("sign-out/", page(account.logout), name="account_logout"),
    path("arrive/", arrive, name="account_arrive"),
    path("register/", register, name="account_signup"),
    path("disabled/", page(account.account_inactive), name="account_inactive"),
    path("confirm-yourself/", page(account.reauthenticate), name="account_reauthenticate"),
    path("email/", page(account.email), name="account_email"),
    path("email/sent/", page(account.email_verification_sent), name="account_email_verification_sent"),
    path("email/confirm/<str:key>/", page(ConfirmEmail.as_view()), name="account_confirm_email"),
    path("password/change/", page(account.password_change), name="account_change_password"),
    path("password/set/", page(account.password_set), name="account_set_password"),
    path("password/reset/", page(account.password_reset), name="account_reset_password"),
    path("password/reset/sent/", page(account.password_reset_done), name="account_reset_password_done"),
    path(
        "password/reset/done/",
        page(account.password_reset_from_key_done),
        name="account_reset_password_from_key_done",
    ),
    re_path(
        r"^password/reset/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        page(ResetPassword.as_view()),
        name="account_reset_password_from_key",
    ),
    path("second-factor/", page(factors.index), name="mfa_index"),
    path("second-factor/enter/", page(factors.authenticate), name="mfa_authenticate"),
    path("second-factor/confirm-yourself/", page(factors.reauthenticate), name="mfa_reauthenticate"),
    path("second-factor/app/add/", page(totp.activate_totp), name="mfa_activate_totp"),
    path("second-factor/app/remove/", page(totp.deactivate_totp), name="mfa_deactivate_totp"),
    path("second-factor/recovery-codes/", page(recovery_codes.view_recovery_codes), name="mfa_view_recovery_codes"),
    path(
        "second-factor/recovery-codes/new/",
        page(recovery_codes.generate_recovery_codes),
        name="mfa_generate_recovery_codes",
    ),
    path("passkeys/", page(passkeys.list_webauthn), name="mfa_list_webauthn"),
    path("passkeys/add/", page(passkeys.add_webauthn), name="mfa_add_webauthn"),
    path("passkeys/sign-in/", page(passkeys.login_webauthn), name="mfa_login_webauthn"),
    path("passkeys/confirm-yourself/", page(passkeys.reauthenticate_webauthn), name="mfa_reauthenticate_webauthn"),
    path("passkeys/<int:pk>/rename/", page(passkeys.edit_webauthn), name="mfa_edit_webauthn"),
    path("passkeys/<int:pk>/remove/", page(passkeys.remove_webauthn), name="mfa_remove_webauthn"),
]
