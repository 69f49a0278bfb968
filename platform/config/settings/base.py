from redis.backoff import NoBackoff
from redis.retry import Retry

from config.settings.environment import DEVELOPMENT_REDIS, DEVELOPMENT_SECRET, ROOT, cells, encryption_keys, env
from config.settings.vendors.celery import *  # noqa: F403
from config.settings.vendors.logging import *  # noqa: F403
from config.settings.vendors.rest import *  # noqa: F403
from config.settings.vendors.signin import *  # noqa: F403
from config.settings.vendors.signup import *  # noqa: F403

BASE_DIR = ROOT
DATA_DIR = ROOT / ".data"
DEBUG = False
SECRET_KEY = env.str("SECRET_KEY", default=DEVELOPMENT_SECRET)
# First entry encrypts; further ones only decrypt, so a key can be rotated without a stop.
ENCRYPTION_KEYS = encryption_keys()

# Shown on the platform's own pages only, never on a tenant's.
PLATFORM_NAME = env.str("PLATFORM_NAME", default="Livery")
# Where people reach the installation. Tenants are <slug>.<TENANT_BASE_DOMAIN>.
PLATFORM_HOST = env.str("PLATFORM_HOST", default="localhost")
TENANT_BASE_DOMAIN = env.str("TENANT_BASE_DOMAIN", default="localhost")
PUBLIC_SCHEME = env.str("PUBLIC_SCHEME", default="http")
PUBLIC_PORT = env.int("PUBLIC_PORT", default=8000)
# The host is checked against the registry by TenantMiddleware, which answers an unknown one with a fixed page.
ALLOWED_HOSTS = ["*"]
USE_X_FORWARDED_HOST = False
# How many proxies in front of the application append to X-Forwarded-For.
TRUSTED_PROXY_COUNT = env.int("TRUSTED_PROXY_COUNT", default=0)

DATABASES = cells()
DATABASE_ROUTERS = ["core.tenancy.router.CellRouter"]
TENANT_SYNC_ROUTER = "core.tenancy.router.CellRouter"
DATABASE_STATEMENT_MILLISECONDS = env.int("DATABASE_STATEMENT_MILLISECONDS", default=15_000)
DATABASE_LOCK_MILLISECONDS = env.int("DATABASE_LOCK_MILLISECONDS", default=5_000)
DATABASE_IDLE_MILLISECONDS = env.int("DATABASE_IDLE_MILLISECONDS", default=60_000)
# "transaction" where a pooler such as PgBouncer in transaction mode stands between; empty otherwise.
DATABASE_POOLER = env.str("DATABASE_POOLER", default="")
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TENANT_MODEL = "tenants.Tenant"
TENANT_DOMAIN_MODEL = "tenants.Domain"
TENANT_DIRECTORY = "shared_apps.tenants.directory.TenantDirectory"

# Installed in the public schema and in every tenant: the same models, never the same tables.
BOTH_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "shared_apps.users",
    "shared_apps.trail",
    "tenant_apps.events",
    "tenant_apps.jobs",
    "tenant_apps.notifications",
]
SHARED_APPS = ["shared_apps.tenants", "shared_apps.signup", "shared_apps.console", "django_tenants", *BOTH_APPS]
TENANT_APPS = [
    *BOTH_APPS,
    "shared_apps.organisation",
    "tenant_apps.proofs",
    "tenant_apps.accounting",
    "tenant_apps.onboarding",
]
INSTALLED_APPS = [
    "core",
    "core.api",
    *SHARED_APPS,
    *[app for app in TENANT_APPS if app not in SHARED_APPS],
    "django.contrib.humanize",
    "django.forms",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "allauth",
    "corsheaders",
    "csp",
    "django_filters",
    "django_htmx",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "rest_framework",
    "template_partials.apps.SimpleAppConfig",
]

ROOT_URLCONF = "config.urls_none"
PLATFORM_URLCONF = "config.urls_platform"
TENANT_URLCONF = "config.urls_tenant"
WSGI_APPLICATION = "config.wsgi.application"

MIDDLEWARE = [
    "core.web.probes.ProbeMiddleware",
    "core.web.request_id.RequestIdMiddleware",
    "core.observability.middleware.RequestLogMiddleware",
    "core.web.headers.PrivateResponseMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "core.tenancy.middleware.TenantMiddleware",
    "corsheaders.middleware.CorsMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "shared_apps.users.middleware.ActorMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "core.web.htmx.HtmxResponseMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "allauth.usersessions.middleware.UserSessionsMiddleware",
    "core.web.errors.RefusalMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [ROOT / "templates"],
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "core.web.context_processors.site",
                "shared_apps.tenants.branding.wearing.livery",
            ],
            "loaders": [
                (
                    "template_partials.loader.Loader",
                    [
                        (
                            "django.template.loaders.cached.Loader",
                            [
                                "django.template.loaders.filesystem.Loader",
                                "django.template.loaders.app_directories.Loader",
                            ],
                        )
                    ],
                )
            ],
            "builtins": ["template_partials.templatetags.partials"],
        },
    }
]

FORM_RENDERER = "core.web.forms.FormRenderer"

REDIS_URL = env.str("REDIS_URL", default=DEVELOPMENT_REDIS)
CACHES = {
    alias: {
        "BACKEND": "core.tenancy.cache.ScopedRedisCache",
        "LOCATION": REDIS_URL,
        "KEY_FUNCTION": f"core.tenancy.cache.{alias}_key",
        # A cache that is away must not hold up a page: by default the client tries for seconds.
        "OPTIONS": {"socket_timeout": 2, "socket_connect_timeout": 1, "retry": Retry(NoBackoff(), 0)},
    }
    for alias in ("tenant", "platform")
}
# Third-party code asks for `default`: it gets the cache of the current context, and an error without one.
CACHES["default"] = {**CACHES["tenant"], "KEY_FUNCTION": "core.tenancy.cache.context_key"}

# What people of a read-only tenant may still post to: signing in and out.
READ_ONLY_VIEWS = frozenset(
    {
        "account_login",
        "account_logout",
        "account_reauthenticate",
        "mfa_authenticate",
        "mfa_login_webauthn",
        "mfa_reauthenticate_webauthn",
        "mfa_reauthenticate",
        "auth-login",
        "auth-refresh",
        "auth-logout",
        "csp-report",
    }
)
SESSION_ENGINE = "core.tenancy.sessions"
SESSION_COOKIE_AGE = 60 * 60 * 24 * 14
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_USE_SESSIONS = True
CSRF_FAILURE_VIEW = "core.web.errors.csrf_failure"

LANGUAGE_CODE = "en"
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"
LOCALE_PATHS = [ROOT / "locale"]

STATIC_URL = "/static/"
STATIC_ROOT = ROOT / "static-built"
STATICFILES_DIRS = [ROOT / "static"]
STORAGES = {
    "default": {"BACKEND": "core.tenancy.storage.TenantFileStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
FILES_DIR = env.path("FILES_DIR", default=str(ROOT / ".data" / "files"))
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024

EMAIL_CONFIG = env.email_url("EMAIL_URL", default="consolemail://")
vars().update(EMAIL_CONFIG)
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="no-reply@localhost")
# Organisations' messages carry their own names and must not name the platform: give them a neutral domain.
TENANT_FROM_EMAIL = env.str("TENANT_FROM_EMAIL", default=DEFAULT_FROM_EMAIL)
# Where development and the demo keep messages instead of sending them, for the pages at /mailbox/.
MAILBOX_DIR = None

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "manifest-src": ["'self'"],
        "form-action": ["'self'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
        "object-src": ["'none'"],
        "report-uri": ["/csp-report/"],
        "report-to": ["csp"],
    }
}
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

# Whether the platform's people may do nothing before they have an authenticator app or a passkey.
PLATFORM_REQUIRES_TWO_FACTOR = env.bool("PLATFORM_REQUIRES_TWO_FACTOR", default=True)

# Every component under the current brand, at /styleguide/; for development and the demo.
STYLEGUIDE = env.bool("STYLEGUIDE", default=False)
METRICS_TOKEN = env.str("METRICS_TOKEN", default="")
SENTRY_DSN = env.str("SENTRY_DSN", default="")
