AUTH_USER_MODEL = "users.User"
