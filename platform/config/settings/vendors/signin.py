AUTH_USER_MODEL = "users.User"
AUTHENTICATION_BACKENDS = ["shared_apps.users.authentication.PasswordBackend"]
