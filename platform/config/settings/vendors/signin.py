AUTH_USER_MODEL = "users.User"
AUTHENTICATION_BACKENDS = ["shared_apps.users.authentication.PasswordBackend"]
PASSWORD_HASHERS = ["shared_apps.users.hashers.Argon2Hasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("email", "name")},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
PASSWORD_RESET_TIMEOUT = 2 * 60 * 60

LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "account_login"
# Where somebody is led who needs a second factor and has none.
SECOND_FACTOR_URL = "mfa_index"

ACCOUNT_ADAPTER = "shared_apps.users.adapter.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_USER_DISPLAY = "shared_apps.users.adapter.display_name"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_UNIQUE_EMAIL = True
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
# Confirmations are rows with a random key: a signature over a primary key would open the same row of another tenant.
ACCOUNT_EMAIL_CONFIRMATION_HMAC = False
ACCOUNT_EMAIL_CONFIRMATION_EXPIRE_DAYS = 2
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_PASSWORD_RESET_TOKEN_GENERATOR = "shared_apps.users.reset_tokens.ResetTokens"  # noqa: S105
# Asked at sign-in: a session ends with the browser unless the person wants to stay signed in.
ACCOUNT_SESSION_REMEMBER = None
ACCOUNT_REAUTHENTICATION_TIMEOUT = 5 * 60
ACCOUNT_LOGIN_TIMEOUT = 10 * 60
# Per address and per account; the counters live in the cache of the current context, so tenants do not share them.
ACCOUNT_RATE_LIMITS = {
    "login": "30/m/ip",
    "login_failed": "10/m/ip,5/5m/key",
    "signup": "10/m/ip",
    "reset_password": "10/m/ip,3/5m/key",
    "reset_password_from_key": "20/m/ip",
    "confirm_email": "1/3m/key",
    "change_password": "5/m/user",
    "manage_email": "10/m/user",
    "reauthenticate": "10/m/user",
}

MFA_ADAPTER = "shared_apps.users.adapter.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_WEBAUTHN_USER_VERIFICATION = "preferred"
# One step to either side, for clocks that are off; a step is taken once however often it is still valid.
MFA_TOTP_TOLERANCE = 1
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_FORMS = {
    "authenticate": "shared_apps.users.forms.second_factor.AuthenticateForm",
    "reauthenticate": "shared_apps.users.forms.second_factor.ReauthenticateForm",
    "add_webauthn": "shared_apps.users.forms.passkeys.AddForm",
    "authenticate_webauthn": "shared_apps.users.forms.passkeys.AuthenticateForm",
    "login_webauthn": "shared_apps.users.forms.passkeys.LoginForm",
    "reauthenticate_webauthn": "shared_apps.users.forms.passkeys.ReauthenticateForm",
}
# Nobody signs in with an address that they have not confirmed, so a new address may wait beside a second factor.
MFA_ALLOW_UNVERIFIED_EMAIL = True
