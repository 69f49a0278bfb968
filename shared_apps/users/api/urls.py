from core.api.routes import Registration
from shared_apps.users.api.views import (
    ApiKeyViewSet,
    InvitationViewSet,
    LoginView,
    LogoutView,
    MeView,
    RefreshView,
    RegisterView,
    RoleViewSet,
    SecurityView,
    SessionViewSet,
    SignInViewSet,
    UserViewSet,
)

_both = (
    Registration("auth/login", LoginView),
    Registration("auth/refresh", RefreshView),
    Registration("auth/logout", LogoutView),
    Registration("auth/me", MeView),
    Registration("users", UserViewSet),
    Registration("roles", RoleViewSet),
    Registration("invitations", InvitationViewSet),
    Registration("api-keys", ApiKeyViewSet),
    Registration("sessions", SessionViewSet),
    Registration("security", SecurityView),
    Registration("sign-ins", SignInViewSet),
)
TENANT = (Registration("auth/register", RegisterView), *_both)
# Nobody registers on the platform.
PLATFORM = _both
