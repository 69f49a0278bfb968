import struct
from typing import Any

from allauth.mfa.adapter import get_adapter
from allauth.mfa.webauthn import forms as allauth_forms

# What fido2 and allauth raise for an answer that no authenticator gives.
_MALFORMED = (AttributeError, LookupError, TypeError, ValueError, struct.error)


class AddForm(allauth_forms.AddWebAuthnForm):
    """A new passkey; an answer that cannot be read is refused like a wrong one."""

    def clean(self) -> dict[str, Any]:
        """The form's values; raises ValidationError."""
        try:
            return super().clean()
        except _MALFORMED as error:
            raise get_adapter().validation_error("incorrect_code") from error


class ReadableAnswer:
    """An answer that cannot be read is refused like a wrong one."""

    def clean_credential(self) -> Any:
        """The passkey that answered; raises ValidationError."""
        try:
            return super().clean_credential()  # type: ignore[misc]
        except _MALFORMED as error:
            raise get_adapter().validation_error("incorrect_code") from error


class AuthenticateForm(ReadableAnswer, allauth_forms.AuthenticateWebAuthnForm):
    """The second step of a sign-in."""


class LoginForm(ReadableAnswer, allauth_forms.LoginWebAuthnForm):
    """A sign-in by passkey alone."""


class ReauthenticateForm(ReadableAnswer, allauth_forms.ReauthenticateWebAuthnForm):
    """Proof that it is still the same person."""
