from allauth.mfa.adapter import get_adapter
from allauth.mfa.base import forms as allauth_forms
from allauth.mfa.base.internal.flows import check_rate_limit
from allauth.mfa.models import Authenticator

from shared_apps.users.services import second_factor_use


class SingleUse(allauth_forms.BaseAuthenticateForm):
    """Takes a code through our service, which takes each one once; allauth forgets used codes with its cache."""

    def clean_code(self) -> str:
        """The code; raises ValidationError for a wrong or used one, and for too many attempts."""
        forgive = check_rate_limit(self.user)
        code = self.cleaned_data["code"]
        taken = second_factor_use(user=self.user, code=code)
        if taken is None:
            self._report()
            raise get_adapter().validation_error("incorrect_code")
        taken.user = self.user
        self.authenticator = taken
        forgive()
        return code

    def _report(self) -> None:
        coded = Authenticator.objects.filter(user=self.user).exclude(type=Authenticator.Type.WEBAUTHN)
        authenticator = coded.order_by("-type").first()
        if authenticator is not None:
            self._emit_authentication_failed(authenticator)


class AuthenticateForm(SingleUse, allauth_forms.AuthenticateForm):
    """The second step of a sign-in."""


class ReauthenticateForm(SingleUse, allauth_forms.ReauthenticateForm):
    """Proof that it is still the same person."""
