"""The messages of people and access as the style guide shows them."""

from datetime import UTC, datetime

from core.web.letters import register_sample

_NOTICE = {
    "timestamp": datetime(2026, 11, 20, 9, 30, tzinfo=UTC),
    "ip": "2001:db8::1",
    "user_agent": "Firefox 155 on Linux",
}
_SIGNATURE = {"from_email": "ines@example.org", "to_email": "ines.duarte@example.org"}
_KEY = {"key_name": "Accounting export", "key_hint": "lvk_8f2k1q_…", "link": "/people/api-keys/"}


def register() -> None:
    """Register each message with a context such as its sender gives."""
    link = "/account/confirm/sample/"
    register_sample(
        "users/mail/invitation",
        "Invitation",
        {"inviter": "Inês Duarte", "days": 7, "link": "/people/join/?token=sample"},
    )
    register_sample(
        "users/mail/second_factor_reset",
        "Two-factor sign-in reset",
        {
            "administrator": "Inês Duarte",
            "reason": "The phone was lost",
            "timestamp": _NOTICE["timestamp"],
            "link": "/account/second-factor/",
        },
    )
    register_sample("users/mail/api_key_created", "API key made", {**_NOTICE, **_KEY})
    for name, label in (("email_confirmation", "Confirm an address"), ("email_confirmation_signup", "Registration")):
        register_sample(f"account/email/{name}", label, {"activate_url": link})
    reset = {"password_reset_url": "/account/password/reset/sample/"}
    register_sample("account/email/password_reset_key", "Forgotten password", reset)
    register_sample("account/email/account_already_exists", "Registered already", reset)
    register_sample("account/email/unknown_account", "Forgotten password, nobody known")
    register_sample("account/email/email_changed", "Address changed", {**_NOTICE, **_SIGNATURE})
    register_sample("account/email/email_deleted", "Address removed", {**_NOTICE, "deleted_email": "ines@example.org"})
    for name, label in (
        ("account/email/password_changed", "Password changed"),
        ("account/email/password_reset", "Password reset"),
        ("account/email/password_set", "Password set"),
        ("mfa/email/totp_activated", "Authenticator app added"),
        ("mfa/email/totp_deactivated", "Authenticator app removed"),
        ("mfa/email/webauthn_added", "Passkey added"),
        ("mfa/email/webauthn_removed", "Passkey removed"),
        ("mfa/email/recovery_codes_generated", "New recovery codes"),
    ):
        register_sample(name, label, _NOTICE)
