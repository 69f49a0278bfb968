from uuid import UUID

from allauth.account.auth_backends import AuthenticationBackend

from shared_apps.users.models import User


class PasswordBackend(AuthenticationBackend):
    """Sign-in by e-mail address and password, with the same work for an unknown address as for a wrong password.

    Nothing is granted here: what a person may do follows from the roles, through core.permissions.
    """

    def get_user(self, user_id: UUID) -> User | None:
        """The active person of a session, with the roles that the request will ask for."""
        user = User.objects.prefetch_related("roles").filter(pk=user_id).first()
        return user if user is not None and self.user_can_authenticate(user) else None
