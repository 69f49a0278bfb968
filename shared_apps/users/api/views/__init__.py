from shared_apps.users.api.views.access import ApiKeyViewSet, RoleViewSet, SessionViewSet
from shared_apps.users.api.views.auth import LoginView, LogoutView, MeView, RefreshView, RegisterView
from shared_apps.users.api.views.people import InvitationViewSet, UserViewSet

__all__ = [
    "ApiKeyViewSet",
    "InvitationViewSet",
    "LoginView",
    "LogoutView",
    "MeView",
    "RefreshView",
    "RegisterView",
    "RoleViewSet",
    "SessionViewSet",
    "UserViewSet",
]
