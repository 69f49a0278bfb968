from config.settings.environment import env

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "shared_apps.users.api.authentication.TokenAuthentication",
        "shared_apps.users.api.authentication.ApiKeyAuthentication",
        "shared_apps.users.api.authentication.SessionAuthentication",
    ],
    # Each view names the registered action that it needs; see core.api.permissions.
    "DEFAULT_PERMISSION_CLASSES": [],
    "DEFAULT_PARSER_CLASSES": ["core.api.parsers.StrictJSONParser"],
    # The browsable API is off: it would be a second, unbranded set of pages with forms of its own.
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_THROTTLE_CLASSES": ["core.api.throttles.ActorThrottle"],
    "DEFAULT_PAGINATION_CLASS": "core.api.pagination.KeysetPagination",
    "DEFAULT_SCHEMA_CLASS": "core.api.openapi.RoomSchema",
    "DEFAULT_METADATA_CLASS": None,
    "DEFAULT_VERSIONING_CLASS": None,
    "EXCEPTION_HANDLER": "core.api.errors.exception_handler",
    "URL_FORMAT_OVERRIDE": None,
    "NUM_PROXIES": 0,
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}

API_MAX_JSON_BYTES = env.int("API_MAX_JSON_BYTES", default=1024 * 1024)

IDEMPOTENCY_STORE = "tenant_apps.jobs.idempotency.DatabaseIdempotencyStore"
# Covers the time before a request's work locks its record; while the work runs, the lock counts.
IDEMPOTENCY_LEASE_SECONDS = env.int("IDEMPOTENCY_LEASE_SECONDS", default=10)
IDEMPOTENCY_KEPT_DAYS = env.int("IDEMPOTENCY_KEPT_DAYS", default=30)

# Points per actor and tenant; an anonymous caller's actor is its address. `fail_closed` refuses while Redis is down.
RATE_LIMITS = {
    "default": {"points": env.int("RATE_LIMIT_DEFAULT", default=3000), "seconds": 60},
    "costly": {"points": env.int("RATE_LIMIT_COSTLY", default=60), "seconds": 60},
    "auth": {"points": env.int("RATE_LIMIT_AUTH", default=60), "seconds": 60, "fail_closed": True},
    "failed_credentials": {"points": env.int("RATE_LIMIT_FAILED_CREDENTIALS", default=60), "seconds": 60},
    # Sign-ups from one address, mails to one mailbox, codes and retries from one address, questions about names.
    "sign_up": {"points": env.int("RATE_LIMIT_SIGN_UP", default=20), "seconds": 3600, "fail_closed": True},
    "sign_up_mail": {"points": 6, "seconds": 3600, "fail_closed": True},
    "sign_up_code": {"points": 30, "seconds": 600, "fail_closed": True},
    "sign_up_lookup": {"points": 90, "seconds": 60},
}

# Origins are the tenants' own, see core.api.cors; cookies never cross.
CORS_URLS_REGEX = r"^/api/"
CORS_ALLOWED_ORIGINS: list[str] = []
CORS_ALLOW_CREDENTIALS = False
CORS_ALLOW_METHODS = ["DELETE", "GET", "PATCH", "POST", "PUT"]
CORS_ALLOW_HEADERS = ["accept", "accept-language", "authorization", "content-type", "idempotency-key", "x-request-id"]
CORS_EXPOSE_HEADERS = [
    "Idempotent-Replayed",
    "Location",
    "RateLimit-Limit",
    "RateLimit-Remaining",
    "RateLimit-Reset",
    "Retry-After",
    "X-Request-ID",
]
CORS_PREFLIGHT_MAX_AGE = 600

SPECTACULAR_SETTINGS = {
    "OAS_VERSION": "3.1.0",
    "TITLE": "API",
    "VERSION": "1",
    "SCHEMA_PATH_PREFIX": r"/api/(?:platform/)?v[0-9]+",
    "COMPONENT_SPLIT_REQUEST": True,
    "COMPONENT_SPLIT_PATCH": True,
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PUBLIC": True,
    "GET_LIB_DOC_EXCLUDES": "core.api.openapi.documentation_boundaries",
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "core.api.openapi.add_problems",
        "core.api.openapi.add_operation_examples",
    ],
    # The check runs without a tenant; tests/core/api holds the schema instead.
    "ENABLE_DJANGO_DEPLOY_CHECK": False,
}
