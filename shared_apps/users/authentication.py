from allauth.account.auth_backends import AuthenticationBackend


class PasswordBackend(AuthenticationBackend):
    """Sign-in by e-mail address and password, with the same work for an unknown address as for a wrong password.

    Nothing is granted here: what a person may do follows from the roles, through core.permissions.
    """
