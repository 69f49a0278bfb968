"""What answers on the platform's host."""

from django.urls import include, path

from core.api.routes import api_urlpatterns
from core.web import errors, files, home, settings_area
from shared_apps.console.api.urls import REGISTRATIONS as CONSOLE
from shared_apps.signup.api.urls import REGISTRATIONS as SIGN_UPS
from shared_apps.signup.urls import LANDING, SIGN_UP
from shared_apps.signup.views.landing import for_strangers
from shared_apps.tenants.api.urls import REGISTRATIONS as TENANTS
from shared_apps.tenants.branding.urls import PUBLIC as BRAND_PUBLIC
from shared_apps.trail.api.urls import REGISTRATIONS as TRAIL
from shared_apps.users.api.urls import PLATFORM as USERS
from tenant_apps.events.api.urls import REGISTRATIONS as EVENTS
from tenant_apps.jobs.api.urls import REGISTRATIONS as JOBS
from tenant_apps.notifications.api.urls import REGISTRATIONS as NOTIFICATIONS

urlpatterns = [
    path("", for_strangers(home.page), name="home"),
    path("", include(LANDING)),
    path("sign-up/", include(SIGN_UP)),
    path("account/", include("shared_apps.users.account_urls")),
    path("people/", include("shared_apps.users.urls")),
    path("", include("shared_apps.console.urls")),
    path("trail/", include("shared_apps.trail.urls")),
    path("settings/", settings_area.page, name="settings"),
    path("events/", include("tenant_apps.events.urls")),
    path("jobs/", include("tenant_apps.jobs.urls")),
    path("notifications/", include("tenant_apps.notifications.urls")),
    path("", include("core.web.urls")),
    path("files/<str:token>/", files.serve, name="file"),
    *BRAND_PUBLIC,
    *api_urlpatterns(
        "api/platform/v1", [*SIGN_UPS, *CONSOLE, *TENANTS, *USERS, *TRAIL, *EVENTS, *JOBS, *NOTIFICATIONS]
    ),
]
handler400 = errors.bad_request
handler403 = errors.permission_denied
handler404 = errors.not_found
handler500 = errors.server_error
handler429 = errors.too_many_requests
