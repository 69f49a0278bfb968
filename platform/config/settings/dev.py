from config.settings.base import *  # noqa: F403
from config.settings.base import DATA_DIR, STORAGES
from config.settings.environment import env

DEBUG = env.bool("DEBUG", default=True)
# Compressing the files takes half a minute, and nobody here waits for a line.
STORAGES = {
    **STORAGES,
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"},
}
# The demo prints one sign-in that must be enough.
PLATFORM_REQUIRES_TWO_FACTOR = env.bool("PLATFORM_REQUIRES_TWO_FACTOR", default=False)
STYLEGUIDE = env.bool("STYLEGUIDE", default=True)
# Messages that do not leave are shown at /mailbox/, to whoever opens it.
if not env.str("EMAIL_URL", default=""):
    MAILBOX_DIR = env.path("MAILBOX_DIR", default=str(DATA_DIR / "mail"))
    EMAIL_BACKEND = "core.mailbox.MailboxBackend"
