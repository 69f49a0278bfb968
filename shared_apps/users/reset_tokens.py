from django.contrib.auth.tokens import PasswordResetTokenGenerator

from core.tenancy import scope_key
from shared_apps.users.models import User


class ResetTokens(PasswordResetTokenGenerator):
    """Tokens of password links: each works in the tenant and epoch that it was made in, until anything about the
    person's sign-in changes."""

    def _make_hash_value(self, user: User, timestamp: int) -> str:
        return f"{scope_key()}:{user.credential_version}:{super()._make_hash_value(user, timestamp)}"
