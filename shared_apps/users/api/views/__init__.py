from shared_apps.users.api.views.access import ApiKeyViewSet, RoleViewSet, SessionViewSet
from shared_apps.users.api.views.auth import LoginView, LogoutView, MeView, RefreshView, RegisterView
from shared_apps.users.api.views.people import InvitationViewSet, UserViewSet
from shared_apps.users.api.views.security import SecurityView, SignInViewSet

__all__ = [
    "ApiKeyViewSet",
    "InvitationViewSet",
    "LoginView",
    "LogoutView",
    "MeView",
    "RefreshView",
    "RegisterView",
    "RoleViewSet",
    "SecurityView",
    "SessionViewSet",
    "SignInViewSet",
    "UserViewSet",
]
