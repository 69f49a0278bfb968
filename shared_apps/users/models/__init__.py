from shared_apps.users.models.people import (
    ApiKey,
    Invitation,
    InvitationRole,
    Mail,
    RefreshToken,
    Role,
    RoleAssignment,
    TokenFamily,
    User,
    UserManager,
)
from shared_apps.users.models.sign_ins import SavedView, SignIn, SignInPolicy

__all__ = [
    "ApiKey",
    "Invitation",
    "InvitationRole",
    "Mail",
    "RefreshToken",
    "Role",
    "RoleAssignment",
    "SavedView",
    "SignIn",
    "SignInPolicy",
    "TokenFamily",
    "User",
    "UserManager",
]
