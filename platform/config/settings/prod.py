from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

from config.settings.base import *  # noqa: F403
from config.settings.base import (
    CELERY_BROKER_URL,
    ENCRYPTION_KEYS,
    PLATFORM_HOST,
    PUBLIC_SCHEME,
    REDIS_URL,
    SECRET_KEY,
    TENANT_BASE_DOMAIN,
)
from config.settings.environment import DEVELOPMENT_SECRET, env

if env.bool("DEBUG", default=False):
    raise ImproperlyConfigured("DEBUG must not be set in production.")
if SECRET_KEY == DEVELOPMENT_SECRET or len(SECRET_KEY) < 50:
    raise ImproperlyConfigured("Set SECRET_KEY (or SECRET_KEY_FILE) to a random value of at least 50 characters.")
if not ENCRYPTION_KEYS:
    raise ImproperlyConfigured("Set ENCRYPTION_KEYS (or ENCRYPTION_KEYS_FILE); docs/how-to/run-for-real.md shows how.")
for name in ("DATABASE_URL", "REDIS_URL"):
    if not env.str(name, default=""):
        raise ImproperlyConfigured(f"Set {name} (or {name}_FILE).")
for name, address in (("REDIS_URL", REDIS_URL), ("BROKER_URL", CELERY_BROKER_URL)):
    if not urlsplit(address).password:
        raise ImproperlyConfigured(f"{name} must carry a password: whoever reaches Redis could queue work.")
for name, host in (("PLATFORM_HOST", PLATFORM_HOST), ("TENANT_BASE_DOMAIN", TENANT_BASE_DOMAIN)):
    if host in ("", "localhost"):
        raise ImproperlyConfigured(f"Set {name} to the host name that people will use.")
if PUBLIC_SCHEME != "https":
    raise ImproperlyConfigured("PUBLIC_SCHEME must be https in production.")

DEBUG = False
PUBLIC_PORT = env.int("PUBLIC_PORT", default=443)
SIGN_UP_OPEN = env.bool("SIGN_UP_OPEN", default=False)
PLATFORM_REQUIRES_TWO_FACTOR = True
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_SSL_REDIRECT = True
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^metrics$"]
SECURE_HSTS_SECONDS = 60 * 60 * 24 * 365
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
SESSION_COOKIE_SECURE = True
SESSION_COOKIE_NAME = "__Host-session"
CSRF_COOKIE_SECURE = True
CSRF_COOKIE_NAME = "__Host-csrf"
LANGUAGE_COOKIE_NAME = "__Host-language"
LANGUAGE_COOKIE_SECURE = True
