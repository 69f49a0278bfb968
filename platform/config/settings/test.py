from config.settings.base import *  # noqa: F403

DEBUG = False
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
# The tests that are about it switch it on.
PLATFORM_REQUIRES_TWO_FACTOR = False
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
STORAGES = {
    "default": {"BACKEND": "core.tenancy.storage.TenantFileStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
# Nothing is collected here, so WhiteNoise has nothing to look through.
STATIC_ROOT = DATA_DIR / "test" / "static"  # noqa: F405
